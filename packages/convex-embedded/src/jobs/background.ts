/** What a server does by itself: scheduled functions, cron jobs, and tidying up after them. */
import type { Engine } from "../exec/engine";
import type { LogLine } from "../exec/logLine";
import type { Store } from "../store/types";
import { Crons } from "./crons";
import { EndedJobs } from "./endedJobs";
import { Jobs } from "./jobs";
import { Runner } from "./runner";
import { Scheduler } from "./scheduler";
import type { Timers } from "./timers";

export interface Background {
  readonly scheduler: Scheduler;
  /** Records what the end of the last process cut off. To be called before the scheduler starts. */
  recover(): Promise<void>;
  /** Starts nothing any more, waits up to `graceMs` for what runs, and then cuts it off. */
  close(graceMs: number): Promise<void>;
}

export interface BackgroundOptions {
  readonly store: Store;
  /** The build that serves now. */
  readonly engine: () => Engine;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly timers: Timers;
  readonly log: (line: LogLine) => void;
}

export function createBackground({ store, engine, clock, timers, log }: BackgroundOptions): Background {
  const runner = new Runner(engine, timers);
  const components = (): Iterable<string> => engine().components.keys();
  const jobs = new Jobs(store, runner, clock, components);
  const crons = new Crons(store, runner, clock, components);
  const sources = [jobs, crons, new EndedJobs(store, clock, components)];
  const scheduler = new Scheduler({ store, sources, clock, timers, log });
  return {
    scheduler,
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
