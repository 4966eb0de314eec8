/** Resolves the ids and names that functions use to the store's tables. */
import type { TableInfo } from "../store/types";
import { decodeId } from "../values/ids";
import type { IdNames } from "../values/matches";
import { isReadable, isSystemTable } from "../store/system/systemTables";
import { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";

/** A document's table and internal id. */
export interface DocumentAddress {
  readonly table: TableInfo;
  readonly internal: Uint8Array;
}

/** Tells validators which table of a component an id belongs to. Ids of other components belong to no table. */
export class ComponentIds implements IdNames {
  constructor(
    private readonly engine: Pick<Engine, "store">,
    private readonly component: string,
  ) {}

  tableOf(id: string): string | null {
    const decoded = decodeId(id);
    const table = decoded && this.engine.store.catalog.tableByNumber(this.component, decoded.tableNumber);
    return table?.name ?? null;
  }
}

/**
 * Resolves an id to its document's address. Returns `null` if the id's table does not exist in the execution's component.
 *
 * @param operation The operation's name in Convex's errors: `db.get`.
 * @param expected The table that the caller passed with the id, if any.
 * @param options `system`: true for a read through `db.system`.
 * @throws SyscallError if the id is malformed, belongs to a table other than `expected`, or `system` does not match its table.
 */
export function resolveId(
  execution: Execution,
  operation: string,
  id: unknown,
  expected: unknown,
  { system = false } = {},
): DocumentAddress | null {
  const decoded = typeof id === "string" ? decodeId(id) : null;
  if (decoded === null) {
    const shown = typeof id === "string" ? id : typeof id;
    throw new SyscallError(`Invalid argument \`id\` for \`${operation}\`: Unable to decode ID: ${shown}`);
  }
  // The tables of another component do not exist for this one.
  const table = execution.catalog.tableByNumber(execution.component, decoded.tableNumber);
  if (table === null || !isReadable(table.name)) return null;
  checkSystemAccess(table.name, system);
  if (typeof expected === "string" && expected !== table.name) {
    throw new SyscallError(
      `Invalid argument \`id\` for \`${operation}\`: expected to be an Id<"${expected}">, got Id<"${table.name}"> instead.`,
    );
  }
  return { table, internal: decoded.internal };
}

/** @throws SyscallError with Convex's message, for a system table outside `db.system` and a user table within it. */
export function checkSystemAccess(table: string, system: boolean): void {
  if (isSystemTable(table) === system) return;
  throw new SyscallError(
    system
      ? "User tables cannot be accessed with db.system."
      : "System tables can only be accessed with db.system.",
  );
}
