/** Bugs that tests plant in a copy of the runtime, to show that the checker finds them. */
import type { AnomalyKind } from "./check/history";

export interface PlantedBug {
  readonly name: string;
  /** A file of the runtime, relative to `packages/convex-embedded/src`. */
  readonly file: string;
  /** The text that is replaced. The file contains it once. */
  readonly from: string;
  readonly to: string;
  /** Whether the bug shows only when the server is killed. */
  readonly needsKill: boolean;
  /** One of these anomalies must be among those found. */
  readonly finds: readonly AnomalyKind[];
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "query cache ignores range changes",
    file: "exec/readSet.ts",
    from: "if (writeLog.changedRange(covered.table, covered.index, covered, since)) return false;",
    to: "void covered;",
    needsKill: false,
    finds: ["stale read"],
  },
  {
    name: "cached query counts as newer than its snapshot",
    file: "exec/queryCache.ts",
    from: "const entry = { result: copy, readSet, since, used: false };",
    to: "const entry = { result: copy, readSet, since: this.writeLog.last, used: false };",
    needsKill: false,
    finds: ["stale read"],
  },
  {
    name: "live query ignores range changes",
    file: "sync/readIndex.ts",
    from: "if (ranges !== undefined) for (const key of written) addAll(ranges.ownersAt(key));",
    to: "void ranges; void written;",
    needsKill: false,
    finds: ["stale live result"],
  },
  {
    name: "failed nested call keeps its writes",
    file: "exec/run.ts",
    from: "savepoint?.rollback();",
    to: "savepoint?.release();",
    needsKill: false,
    finds: ["G1a"],
  },
  {
    name: "mutation is acknowledged before its commit",
    file: "store/writer.ts",
    from: "return { job, transaction, succeeded: true, settle: () => job.resolve(value) };",
    to: "job.resolve(value); return { job, transaction, succeeded: true, settle: () => undefined };",
    needsKill: true,
    finds: ["stale read"],
  },
];
