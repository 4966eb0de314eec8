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
/** Jobs that have not ended after this time count as unfinished. */
const TIMEOUT_MS = 60_000;

/** Waits until webhooks and jobs are done, and takes a snapshot. */
export async function takeSnapshot(
  subject: Subject,
  acknowledged: Snapshot["acknowledged"],
): Promise<Snapshot> {
  const { child, target, data } = subject;
  await settle({ name: "product", target });
  const end = performance.now() + TIMEOUT_MS;
  while (unfinishedJobs(data) > 0 && performance.now() < end) await wait(POLL_MS);
  // Connections, jobs and checkpoints close their descriptors within moments.
  const descriptors = await fewestDescriptors(child);
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

/** Returns the fewest descriptors within `QUIET_MS`. */
async function fewestDescriptors({ process: { pid } }: Child) {
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
