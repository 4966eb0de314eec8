/**
 * The jobs of `crons.ts`, kept with the time of their next run, so that a restart neither skips nor doubles one.
 *
 * As on Convex, a job whose time passed while the process was down runs once when it is up again, however many times it
 * missed, and a job does not overlap with itself.
 */
import type { JSONValue } from "convex/values";
import type { Reader, Store, TableInfo, Transaction } from "../store/types";
import type { CronSchedule } from "../exec/cronJob";
import { followingRun } from "./cronSchedule";
import type { CronRow } from "./cronsTable";
import { cronRows, cronsTable } from "./cronsTable";
import { mergeSorted } from "./mergeSorted";
import type { Runner } from "./runner";
import { readRow, replaceRow, systemTables } from "../store/system/systemRows";
import { CRON_JOBS } from "../store/system/systemTables";
import type { Work, WorkSource } from "./work";

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
    yield* mergeSorted(sorted, ({ due }) => due);
  }

  *#waitingIn(reader: Reader, table: TableInfo): Generator<Work> {
    for (const row of cronRows(reader, table)) {
      if (!row.inProgress) yield { key: row._id, due: row.nextTime, run: () => this.#run(table, row) };
    }
  }

  /** Actions that were running when the process last ended do not run again; their next run is the following one. */
  async recover(): Promise<void> {
    const snapshot = this.store.snapshot();
    const cut = systemTables(this.store.catalog, CRON_JOBS).flatMap((table) =>
      [...cronRows(snapshot, table)].filter(({ inProgress }) => inProgress).map((row) => ({ table, row })),
    );
    snapshot.release();
    if (cut.length === 0) return;
    await this.store.mutate((transaction) => {
      for (const { table, row } of cut) this.#end(transaction, table, row._id, row.nextTime);
      return Promise.resolve();
    });
  }

  get #tables(): TableInfo[] {
    return [...this.components()].map((component) => cronsTable(this.store, component));
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
