import type { JWTHeaderParameters, JWTPayload } from "jose";
import { openIssuer, sign, signingKey, type Issuer } from "../../../packages/convex-embedded/fixtures/issuer";

const AUDIENCE = "api-suite";

/** The claims of a token, with the names of OpenID Connect. */
export type Claims = {
  sub: string;
  issuer?: "clerk";
  email?: string;
  email_verified?: boolean;
  name?: string;
};

/**
 * Starts two issuers on loopback, one for Clerk and one for OIDC (`oidc`). Returns their settings, and a function that signs
 * tokens.
 */
export async function openIssuers(): Promise<{
  oidc: Issuer;
  settings: Record<string, string>;
  token: (claims: Claims & JWTPayload, header?: Partial<JWTHeaderParameters>) => Promise<string>;
  close: () => void;
}> {
  const key = await signingKey("suite");
  const [oidc, clerk] = [await openIssuer([key]), await openIssuer([key])];
  return {
    oidc,
    settings: {
      OIDC_ISSUER: oidc.url,
      OIDC_AUDIENCE: AUDIENCE,
      CLERK_JWT_ISSUER_DOMAIN: clerk.url,
    },
    token: ({ issuer, ...claims }, header) => {
      const now = Math.floor(Date.now() / 1000);
      const from = issuer === "clerk" ? { iss: clerk.url, aud: "convex" } : { iss: oidc.url, aud: AUDIENCE };
      return sign(key, { ...from, iat: now, exp: now + 3600, ...claims }, header);
    },
    close: () => {
      oidc.close();
      clerk.close();
    },
  };
}
