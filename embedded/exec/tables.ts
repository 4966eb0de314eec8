/** From the ids and names that functions use to the store's tables. */
import type { TableInfo } from "../store/types";
import { decodeId } from "../values/ids";
import type { IdNames } from "../values/validators";
import { SyscallError, unsupported } from "./errors";
import type { Engine, Execution } from "./execution";

/** A document's place. */
export interface DocumentAddress {
  readonly table: TableInfo;
  readonly internal: Uint8Array;
}

/** Tells validators which table an id of the app belongs to. */
export class AppIds implements IdNames {
  readonly #engine: Pick<Engine, "store">;

  constructor(engine: Pick<Engine, "store">) {
    this.#engine = engine;
  }

  tableOf(id: string): string | null {
    const decoded = decodeId(id);
    const table = decoded && this.#engine.store.catalog.tableByNumber(decoded.tableNumber);
    return table?.component === "" ? table.name : null;
  }
}

/**
 * The document that an id names, `null` if it names no table.
 *
 * @param operation who asks, as Convex's errors have it: `db.get`.
 * @param expected the table that the caller named beside the id, if it did.
 * @throws SyscallError for what is no id, or an id of another table than the one named.
 */
export function addressOf(
  execution: Execution,
  operation: string,
  id: unknown,
  expected: unknown,
): DocumentAddress | null {
  const decoded = typeof id === "string" ? decodeId(id) : null;
  if (decoded === null) {
    const shown = typeof id === "string" ? id : typeof id;
    throw new SyscallError(`Invalid argument \`id\` for \`${operation}\`: Unable to decode ID: ${shown}`);
  }
  const table = execution.engine.store.catalog.tableByNumber(decoded.tableNumber);
  // The tables of another component do not exist for this one.
  if (table?.component !== execution.component) return null;
  if (typeof expected === "string" && expected !== table.name) {
    throw new SyscallError(
      `Invalid argument \`id\` for \`${operation}\`: expected an ID in table '${expected}' but got an ID in table ` +
        `'${table.name}'`,
    );
  }
  return { table, internal: decoded.internal };
}

/** Refuses the tables that Convex itself fills, which come with features that are not there yet. */
export function refuseSystemTable(name: string): void {
  if (name === "_storage") throw unsupported("Stored files (the system table `_storage`)");
  if (name === "_scheduled_functions") throw unsupported("Scheduled functions (`_scheduled_functions`)");
  if (name.startsWith("_")) throw unsupported(`System tables (here \`${name}\`)`);
}
