/** A document's entries in the search indexes of its table. */
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";
import type { SearchEntry } from "../../search/entry";
import { entryOf } from "../../search/entry";
import { encodeKey } from "../../values/keys";
import { ID_TAG, valueAt } from "../indexKeys";
import type { SearchIndexInfo, StoredDocument, TableInfo } from "../types";

/** A document's entry in one index. */
export interface IndexedEntry {
  readonly index: SearchIndexInfo;
  readonly entry: SearchEntry;
}

/** Returns a document's entries, one for each search index that contains it, in the order of the table's indexes. */
export function searchEntriesOf(
  table: TableInfo,
  internalId: Uint8Array,
  document: StoredDocument,
): IndexedEntry[] {
  if (table.searchIndexes.length === 0) return [];
  return containing(table, internalId, document).map((index) => ({
    index,
    entry: entryOf(index, (path) => valueAt(document, path.split(".")) as Value | undefined),
  }));
}

/** Returns a document's entry. @param document Its parsed JSON. */
export function entryOfParsed(index: SearchIndexInfo, document: object): SearchEntry {
  return entryOf(index, (path) => {
    const value = valueAt(document, path.split(".")) as JSONValue | undefined;
    return value === undefined ? undefined : jsonToConvex(value);
  });
}

/** Returns the search indexes that contain a document: an index that is being filled does not contain the newest ones yet. */
function containing(
  table: TableInfo,
  internalId: Uint8Array,
  { _creationTime }: { _creationTime: number },
): readonly SearchIndexInfo[] {
  if (table.searchIndexes.every(({ position }) => position === null)) return table.searchIndexes;
  const key = Buffer.concat([encodeKey([_creationTime]), Uint8Array.of(ID_TAG), internalId]);
  return table.searchIndexes.filter(({ position }) => position === null || key.compare(position) <= 0);
}
