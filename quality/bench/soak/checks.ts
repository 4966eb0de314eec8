/** The checks of a soak. */
import type { Figure } from "../lib/figures";
import { atMost } from "../lib/figures";
import { median } from "../lib/statistics";
import type { Descriptors, Memory } from "../../lib/usage";
import type { Cause, Contents } from "./storage";
import { plus } from "./storage";

/** Measured every second under load, in bytes. */
export interface Sample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly log: number;
  readonly memory?: Memory;
}

/** Measured while the server is idle, after the warm-up and at the end. */
export interface Snapshot {
  /** Bytes of the heap that are in use. */
  readonly heap: number;
  readonly descriptors?: Descriptors;
  readonly database: Contents;
  readonly unfinishedJobs: number;
  /** Bytes of stored files. */
  readonly files: number;
  /** Correctly answered requests since the server was filled, by kind. */
  readonly acknowledged: Readonly<Record<Exclude<Cause, "other">, number>>;
}

export interface Soaked {
  /** Samples of the first third, while the server warms up. */
  readonly warming: readonly Sample[];
  readonly middle: readonly Sample[];
  readonly last: readonly Sample[];
  readonly warm: Snapshot;
  readonly end: Snapshot;
  /** Wrong answers, failed webhook events, and lines on stderr. */
  readonly errors: number;
}

const FLAT = atMost(1.1);
/**
 * Garbage makes memory rise and fall by up to a third over ten seconds and more. The median is meaningful only if a third of the
 * soak contains many collections. The heap in use after a collection is a separate check.
 */
const MANY_SAMPLES = 80;
/** V8 compiles functions during the first ten thousands of requests. A leak of 100 bytes per request exceeds this in minutes. */
const HEAP_MB = atMost(8);
/** A few descriptors may be open temporarily, for a checkpoint or for a file that is being read. */
const FEW_DESCRIPTORS = atMost(4);
/** The runtime checkpoints its write-ahead log at 64 MiB, between two commits. */
const LOG_MB = atMost(70);
/** Pages also contain row headers, and random keys leave a third of each page free. */
const PAGES_PER_WEIGHT = atMost(2);

export function checksOf(soaked: Soaked): Figure[] {
  const { warming, middle, last, warm, end, errors } = soaked;
  const all = [...warming, ...middle, ...last];
  const own = (samples: readonly Sample[]) => samples.map(({ memory, rss }) => memory?.own ?? rss);
  const [before, after] = [own(middle), own(last)];
  const most = (of: (sample: Sample) => number) => Math.max(...all.map(of)) / 1e6;
  return [
    {
      name: "memory, median: last third / second",
      value: median(after) / median(before),
      unit: "×",
      ...(last.length >= MANY_SAMPLES && { goal: FLAT }),
    },
    {
      name: "heap in use: growth since warm-up",
      value: (end.heap - warm.heap) / 1e6,
      unit: "MB",
      goal: HEAP_MB,
    },
    ...descriptorChecks(warm, end),
    { name: "write-ahead log: maximum", value: most(({ log }) => log), unit: "MB", goal: LOG_MB },
    {
      name: "database: pages / documents and entries",
      value: pagesPerWeight(warm, end),
      unit: "×",
      goal: PAGES_PER_WEIGHT,
    },
    {
      name: "acknowledged writes missing or stored twice",
      value: missing(warm, end),
      unit: "",
      goal: atMost(0),
    },
    { name: "unfinished jobs", value: end.unfinishedJobs, unit: "", goal: atMost(0) },
    { name: "errors", value: errors, unit: "", goal: atMost(0) },
    { name: "resident memory: maximum", value: most(({ rss }) => rss), unit: "MB" },
    { name: "heap in use at the end", value: end.heap / 1e6, unit: "MB" },
    { name: "database: pages at the end", value: end.database.pages / 1e6, unit: "MB" },
    { name: "stored files at the end", value: end.files / 1e6, unit: "MB" },
  ];
}

function descriptorChecks(warm: Snapshot, end: Snapshot): Figure[] {
  if (!warm.descriptors || !end.descriptors) return [];
  const more = (of: keyof Descriptors) => (end.descriptors?.[of] ?? 0) - (warm.descriptors?.[of] ?? 0);
  return (["sockets", "files", "others"] as const).map((kind) => ({
    name: `descriptors: growth since warm-up: ${kind}`,
    value: more(kind),
    unit: "",
    goal: FEW_DESCRIPTORS,
  }));
}

/** Returns what requests of a kind have added to the database since the warm-up. */
export function growthOf(cause: Cause, warm: Snapshot, end: Snapshot) {
  return plus(end.database.sizes[cause], warm.database.sizes[cause], -1);
}

const CAUSES = ["create", "webhook", "upload", "job", "other"] as const satisfies readonly Cause[];

function pagesPerWeight(warm: Snapshot, end: Snapshot): number {
  const growth = CAUSES.map((cause) => growthOf(cause, warm, end));
  const weight = growth.reduce((sum, { documentBytes, entryBytes }) => sum + documentBytes + entryBytes, 0);
  return (end.database.pages - warm.database.pages) / weight;
}

/** The table in which each acknowledged request of a kind stores one document. */
const COUNTED = { create: "items", webhook: "webhookEvents", upload: "files", job: "jobs" } as const;

function missing(warm: Snapshot, end: Snapshot): number {
  return (Object.keys(COUNTED) as (keyof typeof COUNTED)[])
    .map((cause) => {
      const table = COUNTED[cause];
      const stored = (end.database.tables[table] ?? 0) - (warm.database.tables[table] ?? 0);
      return Math.abs(end.acknowledged[cause] - warm.acknowledged[cause] - stored);
    })
    .reduce((sum, difference) => sum + difference, 0);
}
