/** `ctx.db.get` and `ctx.db.insert`, past the text. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import { copyPlain, isFields } from "../../values/copy";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";
import { get } from "../reads";
import type { Fields } from "../writes";
import { insertFields } from "../writes";
import type { ToThrown } from "./contexts";

/** The methods that are replaced. */
export interface Database {
  readonly get: (tableOrId: unknown, id?: unknown) => Promise<Value>;
  readonly insert: (table: unknown, value: unknown) => Promise<Value>;
}

/** A query's database. @param made by `convex/server`, which is asked where a call is not plain. */
export function shortReads(execution: Execution, made: Database, toThrown: ToThrown): Database {
  return { ...made, get: shortGet(execution, made, toThrown) };
}

/** The same of a mutation. */
export function shortWrites(execution: Execution, made: Database, toThrown: ToThrown): Database {
  return {
    ...made,
    get: shortGet(execution, made, toThrown),
    async insert(table, value) {
      const copy = isFields(value) ? copyPlain(value) : null;
      if (execution.turns.busy || copy === null || typeof table !== "string" || table.startsWith("_")) {
        return await made.insert(table, value);
      }
      return atOnce(execution, toThrown, () => insertFields(execution, table, copy.value as Fields));
    },
  };
}

function shortGet(execution: Execution, made: Database, toThrown: ToThrown): Database["get"] {
  return async (tableOrId, given) => {
    const [table, id] = given === undefined ? [undefined, tableOrId] : [tableOrId, given];
    if (
      execution.turns.busy ||
      typeof id !== "string" ||
      (table !== undefined && typeof table !== "string")
    ) {
      return await made.get(tableOrId, given);
    }
    return documentOf(atOnce(execution, toThrown, () => get(execution, { id, table })));
  };
}

/** Runs what takes no turn and ends within this tick. */
function atOnce<T>(execution: Execution, toThrown: ToThrown, work: () => T): T {
  try {
    execution.assertRunning();
    execution.budget.enter();
    try {
      return work();
    } finally {
      execution.budget.exit();
    }
  } catch (thrown) {
    throw toThrown(toSyscallError(thrown));
  }
}

/** @param json as it is stored. */
function documentOf(json: string): Value {
  const parsed = JSON.parse(json) as JSONValue;
  // Only what JSON has no form for is written with a `$`.
  return json.includes('"$') ? jsonToConvex(parsed) : parsed;
}
