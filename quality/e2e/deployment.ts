/** A deployment for one run: the embedded runtime with every secret set. Its data is deleted at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "convex-embedded/testing/server";
import { issuerSettings, openIssuer, signingKey, tokenFor } from "../lib/issuer";
import { newWebhookSecrets, webhookSettings } from "../lib/secrets";
import type { Given } from "./options";

/** Starts a deployment of the project in the current directory. */
export async function startDeployment(): Promise<{ given: Given; close: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), "e2e-"));
  const signer = await signingKey("e2e");
  const issuer = await openIssuer([signer]);
  const token = await tokenFor(issuer, signer, { name: "Token Holder", email: "token@example.com" });
  const secrets = newWebhookSecrets();
  const env = { ...webhookSettings(secrets), ...issuerSettings(issuer) };
  const server = await startServer({ project: process.cwd(), data, port: 0, env });
  const options = { name: "e2e", scopes: ["*"], email: "e2e@example.com" };
  // The return type of `apiKeys:issue`. With another one, the suites fail.
  const { key } = (await server.run("apiKeys:issue", options)) as { key: string };
  return {
    given: { baseUrl: server.url, direct: true, key, token, origin: undefined, secrets },
    close: async () => {
      await server.close();
      issuer.close();
      rmSync(data, { recursive: true });
    },
  };
}
