import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { createTokenSigner } from "./tokenSigner";

const signer = (byte: number) =>
  createTokenSigner({ seed: () => Buffer.alloc(32, byte), origin: () => "https://a.example/" });

test("a token is verified by the key set of its signer, and by no other", async () => {
  const token = signer(1).sign({ aud: "partner", exp: 4_000_000_000 }, "");
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keySetOf(1)));
  expect(payload).toEqual({ aud: "partner", exp: 4_000_000_000, iss: "https://a.example" });
  expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT", kid: keySetOf(1).keys[0]?.kid });
  await expect(jwtVerify(token, createLocalJWKSet(keySetOf(2)))).rejects.toThrow("no applicable key");
});

test("a component's tokens name it in their issuer", async () => {
  const token = signer(1).sign({}, "billing/ledger");
  const { payload } = await jwtVerify(token, createLocalJWKSet(keySetOf(1)));
  expect(payload.iss).toBe("https://a.example/components/billing/ledger");
});

test("the same seed gives the same key, and a seed that is not a private key is hashed", () => {
  expect(keySetOf(1)).toEqual(keySetOf(1));
  // 255 in every byte is greater than the order of the curve.
  expect(keySetOf(255).keys[0]).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
});

function keySetOf(byte: number) {
  return { keys: [...signer(byte).keySet().keys] };
}
