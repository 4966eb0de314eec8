/** The server under test. It has webhook secrets, and ends with the test. */
import { newWebhookSecrets, webhookSettings } from "../lib/secrets";
import type { ServerOptions, ServerProcess } from "../lib/server";
import * as testServer from "../lib/testServer";

export const SECRETS = newWebhookSecrets();

interface Options extends Pick<ServerOptions, "preload" | "env"> {
  /** The data directory. */
  readonly data: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a server without waiting for it. */
export function launchServer(options: Options): ServerProcess {
  const settings = { ...webhookSettings(SECRETS), ...options.settings };
  return testServer.launchServer({ ...options, settings });
}

/** Starts a server and waits until it is ready. @throws Error with its output if it ends before. */
export async function startServer(options: Options): Promise<ServerProcess> {
  const server = launchServer(options);
  await server.line(/^ready\b/);
  return server;
}

/** Starts a server that must refuse to start. @returns its status and output. @throws Error if it becomes ready. */
export async function refusedStart(options: Options): Promise<{ status: number | null; printed: string }> {
  const server = launchServer(options);
  const ending = await server.readyOrEnded();
  const printed = server.lines.join("\n");
  if (ending === "ready") throw new Error(`The server must refuse to start, but it is ready:\n${printed}`);
  return { status: ending.code, printed };
}
