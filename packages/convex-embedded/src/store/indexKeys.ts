/** A document's keys in the indexes of its table. */
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";
import { encodeKey } from "../values/keys";
import { byIdBound } from "./byId";
import { tableOfByIdIndex } from "./catalog";
import type { IndexInfo, StoredDocument, TableInfo } from "./types";

/** One entry of `index_entries`, without its document. */
export interface IndexEntry {
  readonly index: number;
  readonly key: Buffer;
}

type JsonObject = { [field: string]: JSONValue };

/** The tag of a string, because ids are strings. Any byte but 0xff would work: keys have nothing else at this position. */
export const ID_TAG = 0x07;
const TAIL_BYTES = 17;

/** Returns a document's index entries, one for each index except `by_id`, in the order of the table's indexes. */
export function entriesOf(table: TableInfo, internalId: Uint8Array, document: StoredDocument): IndexEntry[] {
  return entries(table.indexes, internalId, (path) => valueAt(document, path) as Value | undefined);
}

/** The entries of a document in one index, before and after a change. The same object if the key stays. */
export interface EntryChange {
  readonly before: IndexEntry;
  readonly after: IndexEntry;
}

/** Returns the entries of a document that changes, as `entriesOf` does. */
export function entryChanges(
  table: TableInfo,
  internalId: Uint8Array,
  before: StoredDocument,
  after: StoredDocument,
): EntryChange[] {
  const changes: EntryChange[] = [];
  for (const index of table.indexes) {
    if (tableOfByIdIndex(index) !== null) continue;
    const old = entryOf(index, internalId, (path) => valueAt(before, path) as Value | undefined);
    const stays = pathsOf(index).every((path) => isSame(valueAt(before, path), valueAt(after, path)));
    const entry = stays
      ? old
      : entryOf(index, internalId, (path) => valueAt(after, path) as Value | undefined);
    changes.push({ before: old, after: entry.key.equals(old.key) ? old : entry });
  }
  return changes;
}

/** True for two primitive values that are the same. */
function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) && (typeof a !== "object" || a === null);
}

/** Like `entriesOf`, for a document's stored JSON. Converts only the indexed fields. */
export function entriesOfJson(
  indexes: readonly IndexInfo[],
  internalId: Uint8Array,
  json: string,
): IndexEntry[] {
  const document = JSON.parse(json) as JsonObject;
  return entries(indexes, internalId, (path) => {
    const value = valueAt(document, path) as JSONValue | undefined;
    return value === undefined ? undefined : jsonToConvex(value);
  });
}

/**
 * Converts a bound on `_id` to a key among the entries whose indexed values encode to `values`. Those entries end with
 * internal ids, which sort like the ids.
 *
 * @param bound A key of `by_id`: an encoded id, or a key between two ids.
 */
export function boundOnId(values: Uint8Array, tableNumber: number, bound: Buffer): Buffer {
  return Buffer.concat([values, Uint8Array.of(ID_TAG), byIdBound(tableNumber, bound)]);
}

/** Returns the internal id at the end of an entry's key. */
export function internalIdOf(key: Buffer): Buffer {
  return key.subarray(key.length - TAIL_BYTES + 1);
}

function entries(
  indexes: readonly IndexInfo[],
  internalId: Uint8Array,
  read: (path: readonly string[]) => Value | undefined,
): IndexEntry[] {
  const result: IndexEntry[] = [];
  for (const index of indexes) {
    if (tableOfByIdIndex(index) === null) result.push(entryOf(index, internalId, read));
  }
  return result;
}

function entryOf(
  index: IndexInfo,
  internalId: Uint8Array,
  read: (path: readonly string[]) => Value | undefined,
): IndexEntry {
  const values = encodeKey(pathsOf(index).map(read));
  const key = Buffer.allocUnsafe(values.length + TAIL_BYTES);
  key.set(values);
  key[values.length] = ID_TAG;
  key.set(internalId, values.length + 1);
  return { index: index.id, key };
}

const paths = new WeakMap<IndexInfo, readonly (readonly string[])[]>();

/** Returns the fields of an index as paths. Appends `_creationTime`, so that ties sort by creation. */
function pathsOf(index: IndexInfo): readonly (readonly string[])[] {
  let split = paths.get(index);
  if (!split) {
    const last = index.fields.at(-1) === "_creationTime" ? [] : ["_creationTime"];
    split = [...index.fields, ...last].map((field) => field.split("."));
    paths.set(index, split);
  }
  return split;
}

/** Returns the field at a path of nested objects, `undefined` if the path does not exist. */
export function valueAt(document: object, path: readonly string[]): unknown {
  let value: unknown = document;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
