import type { AuthConfig } from "convex/server";

/**
 * The issuers of accepted tokens. `CLERK_JWT_ISSUER_DOMAIN` adds Clerk (its JWT template is named `convex`). `OIDC_ISSUER` and
 * `OIDC_AUDIENCE` add any OIDC issuer. Without these settings, keys are the only credentials.
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

/** Reads a variable. Only in this file, reading an unset variable throws, because Convex treats it as a mistake. */
function setting(name: "CLERK_JWT_ISSUER_DOMAIN" | "OIDC_ISSUER" | "OIDC_AUDIENCE"): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}
