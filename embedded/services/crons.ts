/**
 * The jobs of `crons.ts`, kept with the time of their next run, so that a restart neither skips nor doubles one.
 *
 * As on Convex, a job whose time passed while the process was down runs once when it is up again, however many times it
 * missed, and a job does not overlap with itself.
 */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Engine } from "../exec/execution";
import type { Component } from "../runtime/components";
import type { CronJobJson, Modules } from "../runtime/modules";
import type { Reader, Store, StoredDocument, TableInfo, Transaction } from "../store/types";
import { encodeKey, prefixEnd } from "../values/keys";
import type { CronSchedule } from "./cronSchedule";
import { checkSchedule, firstRun, followingRun } from "./cronSchedule";
import type { Runner } from "./runner";
import {
  insertRow,
  readRow,
  removeRow,
  replaceRow,
  systemIndex,
  systemTable,
  systemTables,
} from "./systemRows";
import { CRON_JOBS } from "./systemTables";
import { merged } from "./merged";
import type { Work, WorkSource } from "./work";

/** A document of `_cron_jobs`. Times are milliseconds since 1970. */
interface CronRow extends StoredDocument {
  name: string;
  /** The function: `items:sweep`. */
  function: string;
  /** One element, in Convex's JSON form as text: comparing two builds must not depend on how values are stored. */
  args: string;
  schedule: string;
  inProgress: boolean;
  previousTime: number | null;
  nextTime: number;
}

/**
 * Brings the tables to what the `crons.ts` of the app and of its components say: new jobs are added, others dropped. A
 * job keeps its next run unless its schedule changed.
 *
 * @throws Error that names the job, if its schedule cannot be read or its function cannot run as a cron job.
 */
export async function applyCrons(engine: Engine): Promise<void> {
  for (const component of engine.components.values()) await applyCronsOf(engine, component);
}

async function applyCronsOf(
  { store, creationTimes, clock }: Engine,
  { path, modules }: Component,
): Promise<void> {
  const wanted = await cronsOf(path, modules);
  const snapshot = store.snapshot();
  const stored = [...rows(snapshot, tableOf(store, path))];
  snapshot.release();
  if (stored.length === wanted.size && stored.every((row) => isSame(row, wanted.get(row.name)))) return;

  await store.mutate((transaction) => {
    const table = tableOf(store, path);
    const now = clock();
    const existing = new Map([...rows(transaction, table)].map((row) => [row.name, row]));
    for (const row of existing.values()) if (!wanted.has(row.name)) removeRow(transaction, table, row._id);
    for (const [name, cron] of wanted) {
      const row = existing.get(name);
      if (row === undefined) {
        const first = firstRun(cron.schedule, name, null, now);
        const fields = { name, ...fieldsOf(cron), inProgress: false, previousTime: null, nextTime: first };
        insertRow(transaction, table, creationTimes.next(now), fields);
      } else if (!isSame(row, cron)) {
        const kept = row.schedule === JSON.stringify(cron.schedule);
        const nextTime = kept ? row.nextTime : firstRun(cron.schedule, name, row.previousTime, now);
        replaceRow(transaction, table, { ...row, ...fieldsOf(cron), nextTime });
      }
    }
    return Promise.resolve();
  });
}

/** The cron jobs that wait for their next run. */
export class Crons implements WorkSource {
  constructor(
    private readonly store: Store,
    private readonly runner: Runner,
    private readonly clock: () => number,
    /** The paths of the components that are mounted: the jobs of others rest. */
    private readonly components: () => Iterable<string>,
  ) {}

  *waiting(reader: Reader): Generator<Work> {
    const sorted = this.#tables.map((table) => this.#waitingIn(reader, table));
    yield* merged(sorted, ({ due }) => due);
  }

  *#waitingIn(reader: Reader, table: TableInfo): Generator<Work> {
    for (const row of rows(reader, table)) {
      if (!row.inProgress) yield { key: row._id, due: row.nextTime, run: () => this.#run(table, row) };
    }
  }

  /** Actions that were running when the process last ended do not run again; their next run is the following one. */
  async recover(): Promise<void> {
    const snapshot = this.store.snapshot();
    const cut = systemTables(this.store.catalog, CRON_JOBS).flatMap((table) =>
      [...rows(snapshot, table)].filter(({ inProgress }) => inProgress).map((row) => ({ table, row })),
    );
    snapshot.release();
    if (cut.length === 0) return;
    await this.store.mutate((transaction) => {
      for (const { table, row } of cut) this.#end(transaction, table, row._id, row.nextTime);
      return Promise.resolve();
    });
  }

  get #tables(): TableInfo[] {
    return [...this.components()].map((component) => tableOf(this.store, component));
  }

  #run(table: TableInfo, { _id, nextTime, ...row }: CronRow): Promise<void> {
    return this.runner.run({
      component: table.component,
      name: row.function,
      args: (JSON.parse(row.args) as JSONValue[])[0] ?? {},
      job: null,
      waits: (transaction) => waits(readRow<CronRow>(transaction, table, _id), nextTime),
      begin: (transaction) => this.#begin(transaction, table, _id),
      end: (transaction) => this.#end(transaction, table, _id, nextTime),
    });
  }

  #begin(transaction: Transaction, table: TableInfo, id: string): void {
    const row = readRow<CronRow>(transaction, table, id);
    if (row !== null) replaceRow(transaction, table, { ...row, inProgress: true });
  }

  #end(transaction: Transaction, table: TableInfo, id: string, due: number): void {
    const row = readRow<CronRow>(transaction, table, id);
    // A reload dropped the job while it ran.
    if (row === null) return;
    // Another schedule, set while it ran, has its own next time.
    const schedule = JSON.parse(row.schedule) as CronSchedule;
    const nextTime =
      row.nextTime === due ? followingRun(schedule, row.name, due, this.clock()) : row.nextTime;
    const next = { ...row, inProgress: false, previousTime: due, nextTime };
    replaceRow(transaction, table, next);
  }
}

/** False for a job that was dropped, runs, or has another time now. */
function waits(row: CronRow | null, due: number): boolean {
  return row?.inProgress === false && row.nextTime === due;
}

interface Cron {
  readonly function: string;
  readonly args: JSONValue;
  readonly schedule: CronSchedule;
}

async function cronsOf(component: string, modules: Modules): Promise<Map<string, Cron>> {
  const crons = new Map<string, Cron>();
  for (const [name, cron] of Object.entries(await modules.crons())) {
    try {
      checkSchedule(cron.schedule);
      await checkFunction(modules, cron);
    } catch (error) {
      const file = component === "" ? "convex/crons.ts" : `crons.ts of the component ${component}`;
      throw new Error(`${file}: "${name}": ${(error as Error).message}`, { cause: error });
    }
    crons.set(name, { function: cron.name, args: cron.args, schedule: cron.schedule });
  }
  return crons;
}

async function checkFunction(modules: Modules, { name }: CronJobJson): Promise<void> {
  const fn = await modules.find(name);
  if (fn === null) throw new Error(`there is no function ${name} in the convex/ folder.`);
  if (fn.kind === "query") throw new Error(`${name} is a query. Cron jobs run mutations and actions.`);
}

function fieldsOf({
  function: called,
  args,
  schedule,
}: Cron): Record<"function" | "args" | "schedule", Value> {
  // Arguments that no function could take are refused here, not at the first run.
  jsonToConvex(args);
  return { function: called, args: JSON.stringify(args), schedule: JSON.stringify(schedule) };
}

function isSame(row: CronRow, cron: Cron | undefined): boolean {
  if (cron === undefined) return false;
  return Object.entries(fieldsOf(cron)).every(([field, value]) => row[field] === value);
}

function tableOf({ catalog }: Store, component: string): TableInfo {
  return systemTable(catalog, CRON_JOBS, component);
}

/** All jobs, the next one first. */
function* rows(reader: Reader, table: TableInfo): Generator<CronRow> {
  const start = encodeKey([]);
  const scan = reader.scan(systemIndex(table, "by_next_time"), { start, end: prefixEnd(start) }, "asc");
  for (let row = scan.next(); row !== null; row = scan.next()) {
    yield jsonToConvex(JSON.parse(row.json) as JSONValue) as CronRow;
  }
}
