/** Deletes the documents of scheduled functions seven days after they have ended. */
import type { Reader, Store, TableInfo } from "../store/types";
import { encodeKey, prefixEnd } from "../values/keys";
import { scheduledFunctions } from "./jobs";
import { mergeSorted } from "./mergeSorted";
import { removeRow, systemIndex } from "../store/system/systemRows";
import type { Work, WorkSource } from "./work";

const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
const PURGED_AT_ONCE = 256;
const RETRY_MS = 60_000;

interface EndedJob {
  readonly table: TableInfo;
  readonly _id: string;
  readonly completedTime: number;
}

export class EndedJobs implements WorkSource {
  #notBefore = 0;

  constructor(
    private readonly store: Store,
    private readonly clock: () => number,
    private readonly components: () => Iterable<string>,
  ) {}

  *waiting(reader: Reader): Generator<Work> {
    for (const { completedTime } of this.#ended(reader)) {
      const due = Math.max(completedTime + RETENTION_MS, this.#notBefore);
      yield { key: "ended jobs", due, run: () => this.#purge() };
      return;
    }
  }

  #purge(): Promise<void> {
    // A failure loses no data, but it must not be retried immediately.
    this.#notBefore = this.clock() + RETRY_MS;
    return this.store
      .mutate((transaction) => {
        const now = this.clock();
        const old: EndedJob[] = [];
        for (const job of this.#ended(transaction)) {
          if (job.completedTime + RETENTION_MS > now || old.length === PURGED_AT_ONCE) break;
          old.push(job);
        }
        for (const { table, _id } of old) removeRow(transaction, table, _id);
        return Promise.resolve();
      })
      .then(() => void (this.#notBefore = 0));
  }

  *#ended(reader: Reader): Generator<EndedJob> {
    const tables = [...this.components()].map((component) =>
      scheduledFunctions(this.store.catalog, component),
    );
    yield* mergeSorted(
      tables.map((table) => this.#endedIn(reader, table)),
      ({ completedTime }) => completedTime,
    );
  }

  *#endedIn(reader: Reader, table: TableInfo): Generator<EndedJob> {
    const index = systemIndex(table, "by_completion");
    // Jobs that have not ended lack the field, and sort before all numbers.
    const range = { start: encodeKey([-Infinity]), end: prefixEnd(encodeKey([Infinity])) };
    const rows = reader.scan(index, range, "asc");
    for (let row = rows.next(); row !== null; row = rows.next()) {
      yield { table, ...(JSON.parse(row.json) as Pick<EndedJob, "_id" | "completedTime">) };
    }
  }
}
