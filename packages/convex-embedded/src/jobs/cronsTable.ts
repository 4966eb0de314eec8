/** The documents of cron jobs. */
import type { JSONValue } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Reader, Store, StoredDocument, TableInfo } from "../store/types";
import { encodeKey, prefixEnd } from "../values/keys";
import { systemIndex, systemTable } from "../store/system/systemRows";
import { CRON_JOBS } from "../store/system/systemTables";

/** A document of `_cron_jobs`. Times are milliseconds since 1970. */
export interface CronRow extends StoredDocument {
  name: string;
  /** The function: `items:sweep`. */
  function: string;
  /** A list of one element as text in Convex's JSON, so that comparing two builds does not depend on how values are stored. */
  args: string;
  schedule: string;
  inProgress: boolean;
  previousTime: number | null;
  nextTime: number;
}

/** Returns the table of a component's cron jobs. */
export function cronsTable({ catalog }: Store, component: string): TableInfo {
  return systemTable(catalog, CRON_JOBS, component);
}

/** Yields all jobs, ordered by their next run. */
export function* cronRows(reader: Reader, table: TableInfo): Generator<CronRow> {
  const start = encodeKey([]);
  const scan = reader.scan(systemIndex(table, "by_next_time"), { start, end: prefixEnd(start) }, "asc");
  for (let row = scan.next(); row !== null; row = scan.next()) {
    yield jsonToConvex(JSON.parse(row.json) as JSONValue) as CronRow;
  }
}
