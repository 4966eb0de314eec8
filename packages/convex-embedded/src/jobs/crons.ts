/**
 * The cron jobs of `crons.ts`. The time of each next run is stored, so a restart neither skips nor doubles a run.
 *
 * As on Convex, a job that came due while the process was down runs once after the start, however many runs it missed, and a job
 * does not overlap with itself.
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

/** The cron jobs that wait for their next run, as a source of work for the scheduler. */
export class Crons implements WorkSource {
  constructor(
    private readonly store: Store,
    private readonly runner: Runner,
    private readonly clock: () => number,
    /** Returns the paths of the mounted components. Jobs of other components do not run. */
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

  /** Moves actions that were running when the process ended to their next scheduled run. They are not repeated. */
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
    // A reload removed the job while it ran.
    if (row === null) return;
    // A reload changed the schedule while the job ran, and has set the next time.
    const schedule = JSON.parse(row.schedule) as CronSchedule;
    const nextTime =
      row.nextTime === due ? followingRun(schedule, row.name, due, this.clock()) : row.nextTime;
    const next = { ...row, inProgress: false, previousTime: due, nextTime };
    replaceRow(transaction, table, next);
  }
}

/** False for a job that was removed, is running, or has another due time now. */
function waits(row: CronRow | null, due: number): boolean {
  return row?.inProgress === false && row.nextTime === due;
}
