/** Reads of the change log and of the documents beside it, in one state of the database. */
import type { Connection } from "../sqlite";
import { bufferOf } from "../sqlite";
import type { TableInfo } from "../types";
import { lastChange, sinceOf } from "./changeLog";

/** A page ends after this many characters of JSON, or one document. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** The number of rows that one statement reads. Their documents are in memory together. */
const BATCH = 64;

/** The latest state of a document that changed. */
export interface Change {
  /** Nanoseconds since 1970. */
  readonly ts: bigint;
  readonly component: string;
  readonly table: string;
  readonly tableNumber: number;
  readonly internalId: Buffer;
  /** The document's Convex JSON, `null` if it was deleted. */
  readonly json: string | null;
}

/** A page of results in order. */
interface Page<T> {
  readonly rows: readonly T[];
  /** True if there may be more rows after these. */
  readonly hasMore: boolean;
}

export class ChangeReads {
  /** @param db A connection in a read transaction. */
  constructor(private readonly db: Connection) {}

  /** Returns the timestamps between which the log is complete, both included; `null` if no log is kept. */
  window(): { readonly since: bigint; readonly last: bigint } | null {
    const since = sinceOf(this.db);
    if (since === null) return null;
    const last = lastChange(this.db);
    return { since, last: last > since ? last : since };
  }

  /** Returns the changes after a timestamp, oldest first. */
  changesAfter(ts: bigint, limit: number): Page<Change> {
    const statement = this.db.prepare<[string, number], ChangeRow>(
      `SELECT CAST(c.ts AS TEXT) AS ts, c.component, c.table_name, c.table_number, c.internal_id, d.json
       FROM document_changes AS c
       LEFT JOIN tables AS t ON t.component = c.component AND t.number = c.table_number
       LEFT JOIN documents AS d ON d.table_id = t.id AND d.internal_id = c.internal_id
       WHERE c.ts > CAST(? AS INTEGER) ORDER BY c.ts LIMIT ? + 0`,
    );
    return pageOf(
      limit,
      (count, last: Change | undefined) => statement.all(String(last?.ts ?? ts), count).map(changeOf),
      ({ json }) => json?.length ?? 0,
    );
  }

  /**
   * Returns documents of a table in the order of their ids, with their last recorded change.
   *
   * @param after The internal id of the document before the page.
   */
  documents(
    { id, component, name, number }: TableInfo,
    after: Uint8Array,
    limit: number,
  ): Page<Change & { readonly json: string }> {
    type Row = [internalId: Uint8Array, json: string, ts: string | null];
    const statement = this.db
      .prepare<[string, number, number, Uint8Array, number], Row>(
        `SELECT d.internal_id, d.json, CAST(c.ts AS TEXT) FROM documents AS d
         LEFT JOIN document_changes AS c
           ON c.component = ? AND c.table_number = ? AND c.internal_id = d.internal_id
         WHERE d.table_id = ? AND d.internal_id > ? ORDER BY d.internal_id LIMIT ? + 0`,
      )
      .raw();
    type Document = Change & { readonly json: string };
    return pageOf(
      limit,
      (count, last: Document | undefined) =>
        statement
          .all(component, number, id, last?.internalId ?? after, count)
          .map(([internalId, json, ts]) => ({
            ts: BigInt(ts ?? 0),
            component,
            table: name,
            tableNumber: number,
            internalId: bufferOf(internalId),
            json,
          })),
      ({ json }) => json.length,
    );
  }
}

interface ChangeRow {
  readonly ts: string;
  readonly component: string;
  readonly table_name: string;
  readonly table_number: number;
  readonly internal_id: Uint8Array;
  readonly json: string | null;
}

function changeOf(row: ChangeRow): Change {
  return {
    ts: BigInt(row.ts),
    component: row.component,
    table: row.table_name,
    tableNumber: row.table_number,
    internalId: bufferOf(row.internal_id),
    json: row.json,
  };
}

/** Reads batches until the page is full. @param size Returns the number of characters of a row. */
function pageOf<T>(
  limit: number,
  read: (count: number, last: T | undefined) => readonly T[],
  size: (row: T) => number,
): Page<T> {
  const rows: T[] = [];
  let characters = 0;
  while (rows.length < limit) {
    const count = Math.min(BATCH, limit - rows.length);
    const batch = read(count, rows.at(-1));
    for (const row of batch) {
      rows.push(row);
      characters += size(row);
      if (characters >= MAX_CHARACTERS) return { rows, hasMore: true };
    }
    if (batch.length < count) return { rows, hasMore: false };
  }
  return { rows, hasMore: true };
}
