/** Server processes for tests in Vitest: each ends with the test that started it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ServerProcess, type ServerOptions } from "./server";

/** Starts a server without waiting for it. */
export function launchServer(options: ServerOptions): ServerProcess {
  return ServerProcess.launch({
    ...options,
    onLaunch: (server) =>
      onTestFinished(async () => {
        await server.kill();
      }),
  });
}

/** Starts a server and waits until it is ready. @throws Error with its output if it ends first. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const server = launchServer(options);
  await server.line(/^ready\b/);
  return server;
}

/** Creates a temporary directory. The test deletes it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "quality-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
