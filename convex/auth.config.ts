import type { AuthConfig } from "convex/server";

/**
 * The issuers whose tokens are accepted: Clerk by `CLERK_JWT_ISSUER_DOMAIN` (its JWT template is named `convex`), any OIDC
 * issuer by `OIDC_ISSUER` and `OIDC_AUDIENCE`. None is fine: then keys are the only credentials.
 */
const clerk = setting("CLERK_JWT_ISSUER_DOMAIN");
const issuer = setting("OIDC_ISSUER");
const audience = setting("OIDC_AUDIENCE");

export default {
  providers: [
    ...(clerk ? [{ domain: clerk, applicationID: "convex" }] : []),
    ...(issuer && audience ? [{ domain: issuer, applicationID: audience }] : []),
  ],
} satisfies AuthConfig;

/** Here, and only here, reading a variable that is not set throws: Convex takes it for a mistake. */
function setting(name: "CLERK_JWT_ISSUER_DOMAIN" | "OIDC_ISSUER" | "OIDC_AUDIENCE"): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}
