import type { AuthConfig } from "convex/server";

const site = process.env["CONVEX_SITE_URL"] ?? "";

export default {
  providers: [
    {
      type: "customJwt",
      issuer: site,
      applicationID: "chat",
      jwks: `${site}/.well-known/jwks.json`,
      algorithm: "ES256",
    },
  ],
} satisfies AuthConfig;
