/** A deployment for one run: the embedded runtime with every secret set, gone with its data when the run is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "convex-embedded/testing/server";
import { issuerSettings, openIssuer, signingKey, tokenFor } from "../lib/issuer";
import { newWebhookSecrets, webhookSettings } from "../lib/secrets";
import type { Given } from "./options";

/** Starts it in the project of the current directory. */
export async function startDeployment(): Promise<{ given: Given; close: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), "e2e-"));
  const signer = await signingKey("e2e");
  const issuer = await openIssuer([signer]);
  const token = await tokenFor(issuer, signer, { name: "Token Holder", email: "token@example.com" });
  const secrets = newWebhookSecrets();
  const env = { ...webhookSettings(secrets), ...issuerSettings(issuer) };
  const server = await startServer({ project: process.cwd(), data, port: 0, env });
  const who = { name: "e2e", scopes: ["*"], email: "e2e@example.com" };
  // What `apiKeys:issue` answers; the suites find out whether it is so.
  const { key } = (await server.run("apiKeys:issue", who)) as { key: string };
  return {
    given: { baseUrl: server.url, direct: true, key, token, origin: undefined, secrets },
    close: async () => {
      await server.close();
      issuer.close();
      rmSync(data, { recursive: true });
    },
  };
}
