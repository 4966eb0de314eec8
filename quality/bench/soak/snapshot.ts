/** Takes a snapshot of an idle server: heap, descriptors, database, files. */
import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "../lib/children";
import { settle } from "../http/servers";
import type { Target } from "../http/target";
import type { Snapshot } from "./checks";
import { descriptorsOf } from "../../lib/usage";
import { fileBytes, readDatabase, unfinishedJobs } from "./storage";

export interface Subject {
  readonly child: Child;
  readonly target: Target;
  /** Its data directory. */
  readonly data: string;
}

const POLL_MS = 200;
/** Jobs that have not ended by then have gone wrong. */
const PATIENCE_MS = 60_000;

/** Waits until webhooks and jobs are done, and looks. */
export async function takeSnapshot(
  subject: Subject,
  acknowledged: Snapshot["acknowledged"],
): Promise<Snapshot> {
  const { child, target, data } = subject;
  await settle({ name: "product", target });
  const end = performance.now() + PATIENCE_MS;
  while (unfinishedJobs(data) > 0 && performance.now() < end) await wait(POLL_MS);
  // What a connection, a job or a checkpoint has held goes within moments.
  const descriptors = await quiet(child);
  return {
    heap: await child.ask<number>("collect"),
    ...(descriptors && { descriptors }),
    database: readDatabase(data),
    unfinishedJobs: unfinishedJobs(data),
    files: fileBytes(data),
    acknowledged: { ...acknowledged },
  };
}

const QUIET_MS = 2_000;

/** The fewest descriptors within some seconds. */
async function quiet({ process: { pid } }: Child) {
  let fewest = pid === undefined ? undefined : descriptorsOf(pid);
  const end = performance.now() + QUIET_MS;
  while (pid !== undefined && fewest && performance.now() < end) {
    await wait(POLL_MS);
    const now = descriptorsOf(pid);
    if (now && total(now) < total(fewest)) fewest = now;
  }
  return fewest;
}

const total = (counts: object): number =>
  Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0);
