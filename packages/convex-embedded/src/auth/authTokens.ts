/** Verifies JSON Web Tokens of the configured providers, in Convex's order and mostly with its messages. */
import type { JWTPayload } from "jose";
import { SyscallError } from "../exec/errors";
import type { AuthOptions, Verify } from "./auth";
import { TokenRefused } from "./authErrors";
import { jwtIdentity, oidcIdentity } from "./authIdentity";
import type { PublishedKeys } from "./authKeys";
import { ProviderKeys } from "./authKeys";
import type { Provider } from "./authProviders";
import { sameIssuer } from "./authProviders";
import { isParsedByConvex } from "./authText";
import { jose, loadJose } from "./jose";

/** Larger than the token of any provider, and larger than a request header may be. */
const MAX_CHARACTERS = 64 * 1024;
/** Clock tolerance, as on Convex: none for OpenID Connect. */
const TOLERANCE_SECONDS = { oidc: 0, customJwt: 5 };

const CLAIMS_MISSING =
  "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated " +
  "by dots.";

export function tokenVerifier(providers: readonly Provider[], options: AuthOptions): Verify {
  const { clock } = options;
  const known = providers.map((provider) => ({ provider, keys: keysOf(provider, options) }));
  return async (token) => {
    await loadJose();
    const { iss, audiences } = routing(token);
    const match = known.find(
      ({ provider: { issuer, applicationID } }) =>
        sameIssuer(issuer, iss) && (applicationID === null || audiences.includes(applicationID)),
    );
    if (match === undefined) throw noProvider(providers);
    const { provider, keys } = match;
    const claims = await verified(token, provider, keys, clock());
    return JSON.stringify(provider.type === "oidc" ? oidcIdentity(claims) : jwtIdentity(claims));
  };
}

function keysOf(provider: Provider, options: AuthOptions): ProviderKeys {
  const configuration = JSON.stringify(provider);
  const keys = options.held.get(configuration) ?? new ProviderKeys(provider, options);
  options.held.set(configuration, keys);
  return keys;
}

/** Reads the unverified issuer and audience. A forged value at worst selects a provider whose keys do not match. */
function routing(token: string): { iss: string; audiences: readonly unknown[] } {
  if (token.length > MAX_CHARACTERS) throw new TokenRefused(CLAIMS_MISSING);
  let payload: JWTPayload;
  try {
    payload = jose.decodeJwt(token);
  } catch {
    throw new TokenRefused(CLAIMS_MISSING);
  }
  if (!isParsedByConvex(payload)) throw new TokenRefused(CLAIMS_MISSING);
  if (typeof payload.iss !== "string") {
    throw new TokenRefused(
      "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your " +
        "configured auth providers.",
    );
  }
  return { iss: payload.iss, audiences: [payload.aud].flat() };
}

/** Verifies a token. @returns its claims. @throws SyscallError unless a key of the provider signed it and it is currently valid. */
async function verified(
  token: string,
  provider: Provider,
  keys: ProviderKeys,
  now: number,
): Promise<JWTPayload> {
  const kid = kidOf(token);
  if (provider.type === "customJwt" && kid === undefined) {
    throw new TokenRefused("Could not decode token. JWT may be missing a 'kid' (key ID) header.");
  }
  try {
    return await keys.verify((published) => claimsOf(token, provider, published, now), isNotAboutKeys);
  } catch (error) {
    throw error instanceof SyscallError ? error : refused(error, provider, kid);
  }
}

async function claimsOf(
  token: string,
  provider: Provider,
  { issuer, getKey }: PublishedKeys,
  now: number,
): Promise<JWTPayload> {
  const { payload } = await jose.jwtVerify(token, getKey, {
    algorithms: provider.type === "oidc" ? ["RS256", "EdDSA"] : [provider.algorithm],
    currentDate: new Date(now),
    clockTolerance: TOLERANCE_SECONDS[provider.type],
    requiredClaims: provider.type === "oidc" ? ["sub", "exp", "iat"] : ["sub", "exp"],
  });
  if (typeof payload.sub !== "string") throw new TokenRefused("Missing subject");
  if (provider.type === "oidc") checkIdToken(payload, provider.applicationID, issuer);
  else checkIssuedAt(payload, now);
  return payload;
}

/** False if newer keys of the provider may verify the token: its key is unknown, or has changed under the same id. */
function isNotAboutKeys(rejection: unknown): boolean {
  if (rejection instanceof SyscallError) return true;
  const aboutKeys =
    // An error of WebCrypto for a key that it cannot import.
    !(rejection instanceof jose.errors.JOSEError) ||
    rejection instanceof jose.errors.JWKSNoMatchingKey ||
    rejection instanceof jose.errors.JWKSMultipleMatchingKeys ||
    rejection instanceof jose.errors.JWKSInvalid ||
    rejection instanceof jose.errors.JWSSignatureVerificationFailed;
  return !aboutKeys;
}

/** Checks the extra rules for ID tokens: the issuer as the provider spells it, and exactly one audience. */
function checkIdToken({ iss, aud }: JWTPayload, applicationID: string, issuer: string): void {
  const audiences = [aud].flat();
  if (iss === issuer && audiences.every((audience) => audience === applicationID)) return;
  throw new TokenRefused(
    "Could not verify OIDC token claim. The issuer must be the provider's own and the audience this application alone.",
    "Unauthenticated",
  );
}

/** Refuses tokens from the future. As on Convex, ID tokens are not checked. @param now Milliseconds since 1970. */
function checkIssuedAt({ iat }: JWTPayload, now: number): void {
  if (iat === undefined || iat <= Math.floor(now / 1000) + TOLERANCE_SECONDS.customJwt) return;
  throw new TokenRefused("Could not validate token: the token was issued in the future");
}

function kidOf(token: string): string | undefined {
  try {
    const header = jose.decodeProtectedHeader(token);
    if (isParsedByConvex(header)) return header.kid;
  } catch {
    // The same refusal as for a header that Convex cannot parse.
  }
  throw new TokenRefused(CLAIMS_MISSING);
}

/** Creates the error for a refused token, with Convex's message where one exists. */
function refused(error: unknown, provider: Provider, kid: string | undefined): SyscallError {
  const message = error instanceof Error ? error.message : String(error);
  if (provider.type === "oidc") {
    return new TokenRefused(
      "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired. " +
        `(${message})`,
      "Unauthenticated",
    );
  }
  if (error instanceof jose.errors.JWTExpired || error instanceof jose.errors.JWTClaimValidationFailed) {
    return new TokenRefused(`Could not validate token: ${message}`);
  }
  return new TokenRefused(
    `Could not decode token. The JWT's 'kid' (key ID) header is '${String(kid)}', does this key match any key in the ` +
      `provider's JWKS? (${message})`,
  );
}

function noProvider(providers: readonly Provider[]): SyscallError {
  const listed = providers.map(({ type, issuer, applicationID }) =>
    type === "oidc"
      ? `OIDC(domain=${issuer}, app_id=${applicationID})`
      : `CustomJWT(issuer=${issuer}, app_id=${applicationID ?? "none"})`,
  );
  return new TokenRefused(
    "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your " +
      `configured providers: [${listed.join(", ")}]`,
    "NoAuthProvider",
  );
}
