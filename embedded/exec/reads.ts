/** The syscalls that read single documents, or only the catalog. */
import { decodeId } from "../values/ids";
import type { Reader } from "../store/types";
import { SyscallError } from "./errors";
import type { Execution } from "./execution";
import { isReadable } from "../services/systemTables";
import { addressOf, checkSide } from "./tables";

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
  const system = args.isSystem === true;
  if (typeof args.table === "string") checkSide(args.table, system);
  const address = addressOf(execution, "db.get", args.id, args.table, { system });
  if (address === null) return "null";
  const reader = readerOf(execution);
  execution.usage.readRange(args.id as string);
  const json = reader.get(address.table, address.internal);
  if (json === null) return "null";
  if (!system) execution.usage.readDocument(json);
  return json;
}

/** `db.normalizeId`: the id if it is one of that table, else `null`. Convex takes no other form of id either. */
export function normalizeId(execution: Execution, args: { table: string; idString: string }): string {
  const decoded = decodeId(args.idString);
  const { component, engine } = execution;
  const table = decoded && engine.store.catalog.tableByNumber(component, decoded.tableNumber);
  const fits = table?.name === args.table && isReadable(args.table);
  return JSON.stringify({ id: fits ? args.idString : null });
}
