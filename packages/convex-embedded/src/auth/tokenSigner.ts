/**
 * Signs tokens with the key of a deployment: ES256, with the key's thumbprint as its id, as on Convex.
 *
 * The key is derived from a seed, so no key is stored, and it survives restarts.
 */
import { createECDH, createHash, createPrivateKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { PublicKey, TokenSigner } from "../exec/tokenSigner";

/** @param seed Returns 32 secret bytes. @param origin Returns the deployment's address, the issuer of the app's tokens. */
export function createTokenSigner({
  seed,
  origin,
}: {
  readonly seed: () => Uint8Array;
  readonly origin: () => string;
}): TokenSigner {
  let made: Key | undefined;
  const key = (): Key => (made ??= keyOf(seed()));
  return {
    sign(claims, component) {
      const { privateKey, publicKey } = key();
      const base = origin().replace(/\/$/, "");
      const iss = component === "" ? base : `${base}/components/${component}`;
      const header = { alg: "ES256", typ: "JWT", kid: publicKey.kid };
      const signed = `${encoded(header)}.${encoded({ ...claims, iss })}`;
      const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
    keySet: () => ({ keys: [key().publicKey] }),
  };
}

interface Key {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}

function keyOf(seed: Uint8Array): Key {
  const curve = createECDH("prime256v1");
  let secret = Buffer.from(seed);
  for (;;) {
    try {
      curve.setPrivateKey(secret);
      break;
    } catch {
      // About one of 2^32 seeds is not below the order of the curve.
      secret = createHash("sha256").update(secret).digest();
    }
  }
  // 0x04, then both coordinates.
  const point = curve.getPublicKey();
  const x = point.subarray(1, 33).toString("base64url");
  const y = point.subarray(33).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x, y, d: secret.toString("base64url") } as const;
  const kid = createHash("sha256")
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x, y }))
    .digest("base64url");
  return {
    privateKey: createPrivateKey({ key: jwk, format: "jwk" }),
    publicKey: { kty: jwk.kty, crv: jwk.crv, x, y, kid, alg: "ES256", use: "sig" },
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
