/** The fast path of the `ctx.db` methods that are called most often. */
import type { Value } from "convex/values";
import { copyPlain, isFieldName, isFields } from "../../values/copy";
import { documentOf } from "../../values/stored";
import type { Execution } from "../execution";
import { get, isIdOf } from "../documentReads";
import type { Fields } from "../documentWrites";
import { insertFields, mergeFields, remove, replaceFields } from "../documentWrites";
import type { RunSynchronously } from "./synchronous";
import type { SlowQuery } from "./slowQuery";
import { FastTable } from "./fastTable";

/** The methods that the fast path replaces. In most of them the first argument, the table's name, is optional. */
export interface Database {
  readonly get: (tableOrId: unknown, id?: unknown) => Promise<Value>;
  readonly query: (table: unknown) => SlowQuery | FastTable;
  readonly normalizeId: (table: unknown, id: unknown) => string | null;
}

export interface WritableDatabase extends Database {
  readonly insert: (table: unknown, value: unknown) => Promise<Value>;
  readonly patch: (tableOrId: unknown, idOrValue: unknown, value?: unknown) => Promise<void>;
  readonly replace: (tableOrId: unknown, idOrValue: unknown, value?: unknown) => Promise<void>;
  readonly delete: (tableOrId: unknown, id?: unknown) => Promise<void>;
}

/** Adds the fast path to a query's database. @param base The database of `convex/server`. Handles calls that are not plain. */
export function withFastReads<Base extends Database>(
  execution: Execution,
  base: Base,
  runSynchronously: RunSynchronously,
): Base {
  return {
    ...base,
    async get(tableOrId, given) {
      const [table, id] = given === undefined ? [undefined, tableOrId] : [tableOrId, given];
      if (!isPlain(execution, table, id)) return await base.get(tableOrId, given);
      return documentOf(runSynchronously(execution, () => get(execution, { id, table })));
    },
    query(table) {
      const slow = () => base.query(table) as SlowQuery;
      if (typeof table !== "string" || table.startsWith("_")) return slow();
      return new FastTable({ execution, runSynchronously, table, slow });
    },
    normalizeId(table, id) {
      if (typeof table !== "string" || typeof id !== "string" || table.startsWith("_")) {
        return base.normalizeId(table, id);
      }
      return runSynchronously(execution, () => (isIdOf(execution, table, id) ? id : null));
    },
  };
}

/** Adds the fast path to a mutation's database. */
export function withFastWrites(
  execution: Execution,
  base: WritableDatabase,
  runSynchronously: RunSynchronously,
): WritableDatabase {
  return {
    ...withFastReads(execution, base, runSynchronously),
    async insert(table, value) {
      const fields = fieldsOf(value);
      if (
        execution.databaseQueue.busy ||
        fields === null ||
        typeof table !== "string" ||
        table.startsWith("_")
      ) {
        return await base.insert(table, value);
      }
      return runSynchronously(execution, () => insertFields(execution, table, fields));
    },
    async patch(first, second, third) {
      const [table, id, value] = third === undefined ? [undefined, first, second] : [first, second, third];
      const changes = changesOf(value);
      if (!isPlain(execution, table, id) || changes === null) {
        await base.patch(first, second, third);
        return;
      }
      runSynchronously(execution, () => mergeFields(execution, { id, table }, () => changes));
    },
    async replace(first, second, third) {
      const [table, id, value] = third === undefined ? [undefined, first, second] : [first, second, third];
      const fields = fieldsOf(value);
      if (!isPlain(execution, table, id) || fields === null) {
        await base.replace(first, second, third);
        return;
      }
      runSynchronously(execution, () => replaceFields(execution, { id, table }, () => fields));
    },
    async delete(tableOrId, given) {
      const [table, id] = given === undefined ? [undefined, tableOrId] : [tableOrId, given];
      if (!isPlain(execution, table, id)) {
        await base.delete(tableOrId, given);
        return;
      }
      runSynchronously(execution, () => remove(execution, { id, table }));
    },
  };
}

/** True if the database queue is free, and table and id have the expected types. */
function isPlain({ databaseQueue }: Execution, table: unknown, id: unknown): boolean {
  return !databaseQueue.busy && typeof id === "string" && (table === undefined || typeof table === "string");
}

function fieldsOf(value: unknown): Fields | null {
  const copy = isFields(value) ? copyPlain(value) : null;
  return copy && (copy.value as Fields);
}

/** Keeps fields that are `undefined`: a patch removes those, but a copy would drop them. */
function changesOf(value: unknown): Fields | null {
  const changes = fieldsOf(value);
  if (changes === null) return null;
  for (const name in value as Fields) {
    if ((value as Fields)[name] !== undefined) continue;
    if (!isFieldName(name)) return null;
    changes[name] = undefined;
  }
  return changes;
}
