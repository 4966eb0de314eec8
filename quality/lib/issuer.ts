/** Tokens of an OpenID Connect issuer on loopback, and the settings that make a server accept them. */
import {
  openIssuer,
  sign,
  signingKey,
  startIssuer,
  type Issuer,
  type SigningKey,
} from "../../packages/convex-embedded/fixtures/issuer";

export { openIssuer, signingKey, startIssuer, type Issuer };

const AUDIENCE = "quality";

/** Returns the settings that make a server accept the issuer's tokens. */
export function issuerSettings({ url }: Issuer): Record<string, string> {
  return { OIDC_ISSUER: url, OIDC_AUDIENCE: AUDIENCE };
}

/** Signs a token for a user with a verified email, valid for two hours. @param key can be unknown to the issuer. */
export function tokenFor(
  { url }: Issuer,
  key: SigningKey,
  user: { name: string; email: string },
  audience = AUDIENCE,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, exp: now + 2 * 60 * 60 };
  return sign(key, { iss: url, aud: audience, sub: user.email, ...user, email_verified: true, ...times });
}
