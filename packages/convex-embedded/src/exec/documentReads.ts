/** The syscalls that read one document or only the catalog. */
import { decodeId } from "../values/ids";
import type { Reader } from "../store/types";
import { SyscallError } from "./errors";
import type { Execution } from "./execution";
import { isReadable } from "../store/system/systemTables";
import { resolveId, checkSystemAccess } from "./documentAddress";

/** Returns the execution's reader. @throws SyscallError in an action, which has none. */
export function readerOf(execution: Execution): Reader {
  if (execution.reader === null) {
    throw new SyscallError(
      "The database can only be read in queries and mutations. Use `ctx.runQuery` here.",
    );
  }
  return execution.reader;
}

/** `db.get`. @returns the document's JSON text as stored, or `"null"`. */
export function get(
  execution: Execution,
  args: { id: unknown; table?: unknown; isSystem?: boolean },
): string {
  const system = args.isSystem === true;
  if (typeof args.table === "string") checkSystemAccess(args.table, system);
  const address = resolveId(execution, system ? "db.system.get" : "db.get", args.id, args.table, { system });
  // The write log covers neither system tables nor a table that does not exist yet.
  if (address === null || system) execution.readSet?.addUntracked();
  if (address === null) return "null";
  execution.readSet?.document(address.table.id, args.id as string);
  const reader = readerOf(execution);
  execution.usage.countRange(args.id as string);
  const json = reader.get(address.table, address.internal);
  if (json === null) return "null";
  if (!system) execution.usage.countDocument(json);
  return json;
}

/** `db.normalizeId`: the id if it belongs to the table, else `null`. Like Convex, accepts only the standard form of an id. */
export function normalizeId(execution: Execution, args: { table: string; idString: string }): string {
  return JSON.stringify({ id: isIdOf(execution, args.table, args.idString) ? args.idString : null });
}

/** True if the text is a well-formed id of the table. The document need not exist. */
export function isIdOf({ catalog, component, readSet }: Execution, name: string, id: string): boolean {
  const decoded = decodeId(id);
  const table = decoded && catalog.tableByNumber(component, decoded.tableNumber);
  if (table === null) readSet?.addUntracked();
  return table?.name === name && isReadable(name);
}
