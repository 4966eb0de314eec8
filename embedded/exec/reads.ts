/** The syscalls that read single documents, or only the catalog. */
import { encodeKey, prefixEnd } from "../values/keys";
import { decodeId } from "../values/ids";
import type { Reader } from "../store/types";
import { SyscallError } from "./errors";
import type { Execution } from "./execution";
import { addressOf, refuseSystemTable } from "./tables";

/** The database as the execution may read it. */
export function readerOf(execution: Execution): Reader {
  if (execution.reader === null) {
    throw new SyscallError(
      "The database can only be read in queries and mutations. Use `ctx.runQuery` here.",
    );
  }
  return execution.reader;
}

/** `db.get`: the document's JSON text as it is stored, or `null`. */
export function get(
  execution: Execution,
  args: { id: unknown; table?: unknown; isSystem?: boolean },
): string {
  if (typeof args.table === "string") refuseSystemTable(args.table);
  if (args.isSystem === true) refuseSystemTable("_");
  const address = addressOf(execution, "db.get", args.id, args.table);
  if (address === null) return "null";
  return readerOf(execution).get(address.table, address.internal) ?? "null";
}

/** `db.normalizeId`: the id if it is one of that table, else `null`. Convex takes no other form of id either. */
export function normalizeId(execution: Execution, args: { table: string; idString: string }): string {
  refuseSystemTable(args.table);
  const decoded = decodeId(args.idString);
  const table = decoded && execution.engine.store.catalog.tableByNumber(decoded.tableNumber);
  const fits = table?.component === execution.component && table.name === args.table;
  return JSON.stringify({ id: fits ? args.idString : null });
}

/** `query(table).count()`, which Convex keeps internal: reads the whole table. */
export function count(execution: Execution, args: { table: string }): string {
  refuseSystemTable(args.table);
  const table = execution.engine.store.catalog.table(execution.component, args.table);
  const index = table?.indexes.find(({ name }) => name === "by_creation_time");
  if (index === undefined) return "0";
  const start = encodeKey([]);
  const rows = readerOf(execution).scan(index, { start, end: prefixEnd(start) }, "asc");
  let seen = 0;
  while (rows.next() !== null) seen++;
  return String(seen);
}
