/** Scheduled functions as documents of `_scheduled_functions`: their states and the waiting ones. */
import type { JSONValue, Value } from "convex/values";
import type { Catalog, Reader, Store, StoredDocument, TableInfo, Transaction } from "../store/types";
import type { FunctionLocation } from "../exec/functionAddress";
import { toHandle, parseHandle } from "../exec/functionAddress";
import { decodeId } from "../values/ids";
import { encodeKey, prefixEnd } from "../values/keys";
import { mergeSorted } from "./mergeSorted";
import type { Outcome, Runner } from "./runner";
import {
  insertRow,
  readRow,
  replaceRow,
  systemIndex,
  systemTable,
  systemTables,
} from "../store/system/systemRows";
import { SCHEDULED_FUNCTIONS } from "../store/system/systemTables";
import type { Work, WorkSource } from "./work";

export type JobState =
  { kind: "pending" | "inProgress" | "success" | "canceled" } | { kind: "failed"; error: string };

/** A scheduled function as functions see it. Times are milliseconds since 1970. */
export interface Job extends StoredDocument {
  /** `items.js:get`, in Convex's format; a function handle if the function is in another component than the job. */
  name: string;
  /** One element: the arguments' object. */
  args: Value[];
  scheduledTime: number;
  /** Absent until the job has ended. */
  completedTime?: number;
  state: JobState;
}

/** The error of a job that was running when the process ended. */
const CUT_OFF = "Transient error while executing action";

/** Returns the table of jobs that a component has scheduled. @param component its path, `""` for the app. */
export function scheduledFunctions(catalog: Catalog, component: string): TableInfo {
  return systemTable(catalog, SCHEDULED_FUNCTIONS, component);
}

/** Returns the name of a function in a job of a component. */
export function jobName(
  fn: { readonly component: string; readonly path: string },
  component: string,
): string {
  const name = fn.path.replace(":", ".js:");
  return fn.component === component ? name : toHandle({ component: fn.component, name });
}

/** Returns the function that a job's name refers to. */
function placeOfJob(name: string, component: string): FunctionLocation {
  const place = name.startsWith("function://") ? parseHandle(name) : { component, name };
  return { ...place, name: place.name.replace(".js:", ":") };
}

/** Adds a pending job. @returns its id. */
export function insertJob(
  transaction: Transaction,
  table: TableInfo,
  creationTime: number,
  job: Pick<Job, "name" | "args" | "scheduledTime">,
): string {
  return insertRow(transaction, table, creationTime, { ...job, state: { kind: "pending" } });
}

/** Adds a canceled job: as on Convex, functions that a canceled function schedules do not run. */
export function insertCanceledJob(
  transaction: Transaction,
  table: TableInfo,
  creationTime: number,
  job: Pick<Job, "name" | "args">,
  now: number,
): string {
  const times = { scheduledTime: now, completedTime: now };
  return insertRow(transaction, table, creationTime, { ...job, ...times, state: { kind: "canceled" } });
}

/** Returns the state of a job of any component; `null` if the job does not exist. */
export function jobState(reader: Reader, catalog: Catalog, id: string): JobState["kind"] | null {
  const number = decodeId(id)?.tableNumber;
  for (const table of systemTables(catalog, SCHEDULED_FUNCTIONS)) {
    // Job ids are random, so an id occurs in only one component.
    const job = table.number === number ? readRow<Job>(reader, table, id) : null;
    if (job !== null) return job.state.kind;
  }
  return null;
}

/** Counts the jobs of all components that wait or run. */
export function countOpenJobs(reader: Reader, catalog: Catalog): number {
  let count = 0;
  for (const table of systemTables(catalog, SCHEDULED_FUNCTIONS)) {
    for (const kind of ["pending", "inProgress"] as const) count += [...inState(reader, table, kind)].length;
  }
  return count;
}

/** Ends a waiting or running job. An ended job stays unchanged. */
export function completeJob(
  transaction: Transaction,
  table: TableInfo,
  id: string,
  state: JobState,
  now: number,
): void {
  const job = readRow<Job>(transaction, table, id);
  if (job === null || !isOpen(job)) return;
  replaceRow(transaction, table, { ...job, state, completedTime: now });
}

/** The waiting scheduled functions of all mounted components. Counts stop at `COUNTED`. */
export interface JobQueue {
  readonly pending: number;
  /** Those whose time has come. */
  readonly due: number;
  /** How late the first due one is, in milliseconds. 0 if none is due. */
  readonly lagMs: number;
}

/** A count reads each job, and a scrape must not block the event loop for long. */
const COUNTED = 1_000;

/** The waiting jobs, as a source of work for the scheduler. */
export class Jobs implements WorkSource {
  constructor(
    private readonly store: Store,
    private readonly runner: Runner,
    private readonly clock: () => number,
    /** Returns the paths of the mounted components. Jobs of other components wait until they are mounted. */
    private readonly components: () => Iterable<string>,
  ) {}

  *waiting(reader: Reader): Generator<Work> {
    const sorted = this.#tables.map((table) => this.#waitingIn(reader, table));
    yield* mergeSorted(sorted, ({ due }) => due);
  }

  queue(): JobQueue {
    const now = this.clock();
    const snapshot = this.store.snapshot();
    let [pending, due, lagMs] = [0, 0, 0];
    try {
      for (const work of this.waiting(snapshot)) {
        pending++;
        if (work.due <= now) {
          due++;
          lagMs = Math.max(lagMs, now - work.due);
        }
        if (pending === COUNTED) break;
      }
    } finally {
      snapshot.release();
    }
    return { pending, due, lagMs };
  }

  *#waitingIn(reader: Reader, table: TableInfo): Generator<Work> {
    for (const job of inState(reader, table, "pending")) {
      yield { key: job._id, due: job.scheduledTime, run: () => this.#run(table, job) };
    }
  }

  /** Fails the actions that were running when the process ended. They may have had side effects, so they are not repeated. */
  async recover(): Promise<void> {
    const snapshot = this.store.snapshot();
    const cut = systemTables(this.store.catalog, SCHEDULED_FUNCTIONS).flatMap((table) =>
      [...inState(snapshot, table, "inProgress")].map(({ _id }) => ({ table, _id })),
    );
    snapshot.release();
    if (cut.length === 0) return;
    await this.store.mutate((transaction) => {
      for (const { table, _id } of cut)
        this.#end(transaction, table, _id, { kind: "failed", error: CUT_OFF });
      return Promise.resolve();
    });
  }

  get #tables(): TableInfo[] {
    return [...this.components()].map((component) => scheduledFunctions(this.store.catalog, component));
  }

  #run(table: TableInfo, { _id, name, args }: JobJson): Promise<void> {
    return this.runner.run({
      ...placeOfJob(name, table.component),
      args: args[0] ?? {},
      job: _id,
      waits: (transaction) => readRow<Job>(transaction, table, _id)?.state.kind === "pending",
      begin: (transaction) => this.#begin(transaction, table, _id),
      end: (transaction, outcome) => this.#end(transaction, table, _id, outcome),
    });
  }

  #begin(transaction: Transaction, table: TableInfo, id: string): void {
    const job = readRow<Job>(transaction, table, id);
    if (job !== null) replaceRow(transaction, table, { ...job, state: { kind: "inProgress" } });
  }

  #end(transaction: Transaction, table: TableInfo, id: string, outcome: Outcome): void {
    completeJob(transaction, table, id, outcome, this.clock());
  }
}

/** A stored job, with its arguments in Convex's JSON. */
type JobJson = Pick<Job, "_id" | "name" | "scheduledTime"> & { args: JSONValue[] };

function* inState(reader: Reader, table: TableInfo, kind: JobState["kind"]): Generator<JobJson> {
  const start = encodeKey([kind]);
  const rows = reader.scan(systemIndex(table, "by_state"), { start, end: prefixEnd(start) }, "asc");
  for (let row = rows.next(); row !== null; row = rows.next()) yield JSON.parse(row.json) as JobJson;
}

function isOpen({ state }: Job): boolean {
  return state.kind === "pending" || state.kind === "inProgress";
}
