/** A deployment for one run: the embedded runtime with every secret set, gone with its data when the run is over. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startServer } from "convex-embedded/testing/server";
import type { Given } from "./options";

const AUDIENCE = "e2e";

/** Starts it in the project of the current directory. */
export async function startDeployment(): Promise<{ given: Given; close: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), "e2e-"));
  const issuer = await startIssuer();
  const secrets = {
    stripe: `whsec_${randomBytes(24).toString("hex")}`,
    clerk: `whsec_${randomBytes(24).toString("base64")}`,
    github: randomBytes(24).toString("hex"),
  };
  const env = {
    STRIPE_WEBHOOK_SECRET: secrets.stripe,
    CLERK_WEBHOOK_SECRET: secrets.clerk,
    GITHUB_WEBHOOK_SECRET: secrets.github,
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: AUDIENCE,
  };
  const server = await startServer({ project: process.cwd(), data, port: 0, env });
  const who = { name: "e2e", scopes: ["*"], email: "e2e@example.com" };
  // What `apiKeys:issue` answers; the suites find out whether it is so.
  const { key } = (await server.run("apiKeys:issue", who)) as { key: string };
  const { token } = issuer;
  return {
    given: { baseUrl: server.url, direct: true, key, token, origin: undefined, secrets },
    close: async () => {
      await server.close();
      issuer.close();
      rmSync(data, { recursive: true });
    },
  };
}

/** An OpenID Connect issuer, as far as a deployment asks it, and a token of it. */
async function startIssuer(): Promise<{ url: string; token: string; close: () => void }> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "e2e", alg: "RS256", use: "sig" };
  const server = createServer((request, response) => {
    const asksForKeys = request.url === "/jwks";
    const body = asksForKeys ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/jwks` };
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = { name: "Token Holder", email: "token@example.com", email_verified: true };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: "e2e" })
    .setIssuer(url)
    .setAudience(AUDIENCE)
    .setSubject("e2e")
    .setIssuedAt()
    .setExpirationTime("2h")
    .sign(privateKey);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, token, close };
}
