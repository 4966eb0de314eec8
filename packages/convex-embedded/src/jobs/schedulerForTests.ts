/** Shared by the tests of this folder: servers whose time the test advances, and a gate that actions wait at. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Value } from "convex/values";
import { onTestFinished } from "vitest";
import type { LogLine } from "../exec/logLine";
import { ManualTime } from "../../fixtures/manualTime";
import { serve } from "../../fixtures/serve";
import type { EmbeddedServer } from "../server/server";
import type { ServerOptions } from "../server/serverOptions";
import type { Job } from "./jobs";

export const SCHEDULED = join(import.meta.dirname, "../../fixtures/scheduled");

export interface Scheduled {
  readonly server: EmbeddedServer;
  readonly time: ManualTime;
  readonly logged: LogLine[];
  /** Schedules `jobs:NAME` in `delay` milliseconds and returns the job's id. */
  readonly schedule: (name: string, args?: Record<string, Value>, delay?: number) => Promise<string>;
  readonly job: (id: string) => Promise<Job | null>;
  readonly texts: () => Promise<string[]>;
  /** Advances the time and waits for the jobs that became due. */
  readonly pass: (ms: number) => Promise<void>;
}

export async function serveScheduled(
  options: Partial<ServerOptions> & { time?: ManualTime } = {},
): Promise<Scheduled> {
  const { time = new ManualTime(), ...rest } = options;
  const { clock, timers } = time;
  const { server, logged } = await serve({ project: SCHEDULED, clock, timers, ...rest });
  const run = (name: string, args: Record<string, Value>): Promise<Value> => server.run(`jobs:${name}`, args);
  return {
    server,
    time,
    logged,
    schedule: async (name, args = {}, delay = 0) =>
      (await run("schedule", { name: `jobs:${name}`, args, delay })) as string,
    job: async (id) => (await run("job", { id })) as Job | null,
    texts: async () => (await run("texts", {})) as string[],
    pass: async (ms) => {
      time.pass(ms);
      await server.idle();
    },
  };
}

/** Starts an HTTP server that delays each request until the test opens the gate. */
export async function gate(): Promise<{ url: string; arrived: () => Promise<void>; open: () => void }> {
  const waiting: ServerResponse[] = [];
  let noticed: () => void = () => undefined;
  const server = createServer((_request, response) => {
    waiting.push(response);
    noticed();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: async () => {
      while (waiting.length === 0) await new Promise<void>((resolve) => (noticed = resolve));
    },
    open: () => {
      for (const response of waiting.splice(0)) response.end("open");
    },
  };
}
