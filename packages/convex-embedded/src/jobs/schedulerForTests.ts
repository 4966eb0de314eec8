/** Shared by the tests of this folder: servers whose time the test advances. */
import { join } from "node:path";
import type { Value } from "convex/values";
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
