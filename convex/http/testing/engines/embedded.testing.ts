/** The embedded runtime behind a real socket. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getFunctionName } from "convex/server";
import type { LogLine } from "../../../../packages/convex-embedded/src/exec/logLine";
import { startServer, type EmbeddedServer, type ServerOptions } from "convex-embedded/testing/server";
import { checked } from "../../../../openapi/contract/check";
import { openIssuers } from "../issuers.testing";
import { withBearer, type Engine, type Settings } from "./engine.testing";

export async function startEmbedded(
  settings: Settings,
  log: (line: LogLine) => void = () => undefined,
  hooks: NonNullable<ServerOptions["hooks"]> = {},
): Promise<Engine> {
  const data = await mkdtemp(join(tmpdir(), "api-suite-"));
  const config = JSON.parse(await readFile("convex-embedded.json", "utf8")) as ServerOptions;
  let ahead = 0;
  const issuers = await openIssuers();
  const server: EmbeddedServer = await startServer({
    project: process.cwd(),
    data,
    port: 0,
    // eslint-disable-next-line @convex-dev/no-process-env -- a test is not a Convex function
    env: { ...process.env, ...issuers.settings, ...settings },
    clock: () => Date.now() + ahead,
    guardedFetch: config.guardedFetch ?? null,
    log,
    // Commits need not survive power loss here, so they do not wait for the disk.
    hooks: { sync: null, ...hooks },
  });
  const send = checked((path, init) => fetch(server.url + path, { redirect: "manual", ...init }));
  return {
    fetch: send,
    run: async (_kind, reference, args) => server.run(getFunctionName(reference), args),
    fetchWithToken: async (claims, path, init) => send(path, withBearer(init, await issuers.token(claims))),
    advanceClock: (ms) => void (ahead += ms),
    now: () => Date.now() + ahead,
    settle: () => server.idle(),
    reloadModules: () => server.reload(),
    close: async () => {
      await server.close();
      issuers.close();
      await rm(data, { recursive: true });
    },
  };
}
