/** Counting a table's documents. */
import { isReadable } from "../../store/system/systemTables";
import { encodeKey, prefixEnd } from "../../values/keys";
import { creationIndex } from "../../store/catalog";
import type { Execution } from "../execution";
import { scan } from "./stream";

/** `query(table).count()`, an internal method of Convex. Reads the whole table. */
export function count(execution: Execution, args: { table: string }): string {
  if (!isReadable(args.table)) return "0";
  const table = execution.catalog.table(execution.component, args.table);
  if (table === null) {
    execution.readSet?.addUntracked();
    return "0";
  }
  const start = encodeKey([]);
  const range = { prefix: start, start, end: prefixEnd(start) };
  const rows = scan(execution, {
    index: creationIndex(table),
    table: table.id,
    order: "asc",
    system: args.table.startsWith("_"),
    range,
  });
  let seen = 0;
  while (rows.next() !== null) seen++;
  return String(seen);
}
