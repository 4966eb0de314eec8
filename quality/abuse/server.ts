/** The server under attack, with rate limits off, every webhook secret set, and a temporary data directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newWebhookSecrets, webhookSettings, type WebhookSecrets } from "../lib/secrets";
import { ServerProcess } from "../lib/server";

export interface AttackedServer {
  readonly server: ServerProcess;
  readonly secrets: WebhookSecrets;
  /** Texts that the server must not print after its start: the webhook secrets and the admin key. */
  readonly hidden: readonly string[];
  /** Stops the server if it is running, and deletes its data. @returns the exit code; null if a signal ended it. */
  readonly close: () => Promise<number | null>;
}

/** Starts a server. @throws Error with its output if it does not become ready. */
export async function startServer(): Promise<AttackedServer> {
  const data = mkdtempSync(join(tmpdir(), "abuse-"));
  const secrets = newWebhookSecrets();
  const server = await ServerProcess.start({ data, settings: webhookSettings(secrets) });
  return {
    server,
    secrets,
    hidden: [...Object.values(secrets), server.printed("CONVEX_SELF_HOSTED_ADMIN_KEY") ?? ""].filter(Boolean),
    close: async () => {
      const { code } = await server.stop();
      rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}
