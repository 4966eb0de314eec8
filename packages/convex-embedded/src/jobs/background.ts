/** The background work of a server: scheduled functions, cron jobs, and deleting ended jobs. */
import type { Engine } from "../exec/engine";
import { Crons } from "./crons";
import { EndedJobs } from "./endedJobs";
import type { JobQueue } from "./jobs";
import { Jobs } from "./jobs";
import { Runner } from "./runner";
import type { SchedulerOptions } from "./scheduler";
import { Scheduler } from "./scheduler";

export interface Background {
  readonly scheduler: Scheduler;
  /** Returns the state of the scheduled functions that wait. */
  queue(): JobQueue;
  /** Records the work that the end of the last process interrupted. Call it before the scheduler starts. */
  recover(): Promise<void>;
  /** Starts no more work, waits up to `graceMs` milliseconds for running work, and then aborts it. */
  close(graceMs: number): Promise<void>;
}

export interface BackgroundOptions extends SchedulerOptions {
  /** Returns the build in service. */
  readonly engine: () => Engine;
}

export function createBackground(options: BackgroundOptions): Background {
  const { store, engine, clock, timers } = options;
  const runner = new Runner(engine, timers);
  const components = (): Iterable<string> => engine().components.keys();
  const jobs = new Jobs(store, runner, clock, components);
  const crons = new Crons(store, runner, clock, components);
  const sources = [jobs, crons, new EndedJobs(store, clock, components)];
  const scheduler = new Scheduler(sources, options);
  return {
    scheduler,
    queue: () => jobs.queue(),
    async recover() {
      await jobs.recover();
      await crons.recover();
    },
    async close(graceMs) {
      scheduler.stop();
      let cut: NodeJS.Timeout | undefined;
      const graceEnded = new Promise<void>((resolve) => (cut = setTimeout(resolve, graceMs)));
      await Promise.race([scheduler.drained(), graceEnded]);
      clearTimeout(cut);
      runner.abort();
    },
  };
}
