/** Tokens of an OpenID Connect issuer on loopback, and the settings that make a server accept them. */
import {
  openIssuer,
  sign,
  signingKey,
  startIssuer,
  type Issuer,
  type SigningKey,
} from "../../packages/convex-embedded/fixtures/issuer";

export { openIssuer, signingKey, startIssuer };

const AUDIENCE = "quality";

/** The settings that make a server accept the issuer's tokens. */
export function issuerSettings({ url }: Issuer): Record<string, string> {
  return { OIDC_ISSUER: url, OIDC_AUDIENCE: AUDIENCE };
}

/** A token for a user with a verified address, valid for two hours. @param key one that the issuer publishes, or not. */
export function tokenFor(
  { url }: Issuer,
  key: SigningKey,
  user: { name: string; email: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, exp: now + 2 * 60 * 60 };
  return sign(key, { iss: url, aud: AUDIENCE, sub: user.email, ...user, email_verified: true, ...times });
}
