/** Search indexes of an in-memory database. They have no postings: each search reads all documents of the table. */
import { recordsOf } from "../../search/entry";
import { recordBytes } from "../../search/postings";
import type { Postings } from "../../search/postings";
import type { IndexReader, SearchQuery } from "../../search/query";
import { search } from "../../search/search";
import { encodeKey } from "../../values/keys";
import type { SearchIndexInfo, SearchIndexJSON, SearchResults, TableKey } from "../types";
import type { SearchAccess } from "./searchAccess";
import { entryOfParsed } from "./searchEntries";
import { searchFieldsOf } from "./searchFields";

/** A document of the table. */
export interface SearchedDocument {
  readonly internalId: Buffer;
  readonly json: string;
}

/**
 * Searches documents.
 *
 * @param current Returns a document's JSON at the moment of the call, `null` if it was deleted.
 */
export function searchInMemory(
  index: SearchIndexInfo,
  query: SearchQuery,
  documents: readonly SearchedDocument[],
  current: (internalId: Buffer) => string | null,
): SearchResults {
  const sorted = documents
    .map(({ internalId, json }) => {
      const parsed = JSON.parse(json) as { _creationTime: number };
      const key = Buffer.concat([encodeKey([parsed._creationTime]), internalId]);
      return { internalId, key, parsed };
    })
    .sort((a, b) => a.key.compare(b.key));
  const records = new Map<string, Buffer[]>();
  let tokens = 0;
  for (const [number, { parsed }] of sorted.entries()) {
    const entry = entryOfParsed(index, parsed);
    tokens += entry.length;
    for (const { term, record } of recordsOf(entry, number)) {
      const key = term.toString("latin1");
      const own = records.get(key);
      if (own === undefined) records.set(key, [record]);
      else own.push(record);
    }
  }
  const matches = search(readerOf(records, { documents: sorted.length, tokens }), query);
  const ids = matches.map(({ number }) => sorted[number]?.internalId as Buffer);
  return { matches, json: (i) => current(ids[i] as Buffer) };
}

function readerOf(
  records: ReadonlyMap<string, readonly Buffer[]>,
  counts: { documents: number; tokens: number },
): IndexReader {
  const postings = (term: Buffer): Postings | null => {
    const own = records.get(term.toString("latin1"));
    if (own === undefined) return null;
    const block = Buffer.concat(own);
    const first = block.readUIntBE(0, 5);
    return {
      documents: block.length / recordBytes(term),
      blockAt: (number) => (first <= number ? block : null),
    };
  };
  return {
    counts: () => counts,
    postings,
    *withPrefix(prefix) {
      const start = prefix.toString("latin1");
      // Texts of bytes sort like the bytes.
      for (const key of [...records.keys()].filter((term) => term.startsWith(start)).sort()) {
        const term = Buffer.from(key, "latin1");
        yield { term, postings: postings(term) as Postings };
      }
    },
  };
}

/** Creates search indexes of an in-memory database. A write does not change them, because they store nothing. */
export class MemorySearch implements SearchAccess {
  #last = 0;

  insert(): void {
    // Searches read the documents.
  }

  replace(): void {
    // Searches read the documents.
  }

  remove(): void {
    // Searches read the documents.
  }

  createIndex(_table: TableKey, wanted: SearchIndexJSON, enabled: boolean): SearchIndexInfo {
    const fields = searchFieldsOf(wanted);
    return { id: ++this.#last, name: wanted.indexDescriptor, ...fields, enabled, position: null };
  }

  enableIndex(index: SearchIndexInfo, enabled: boolean): SearchIndexInfo {
    return { ...index, enabled };
  }

  dropIndex(): void {
    // The catalog holds the definition.
  }

  fill(_table: TableKey, indexes: readonly SearchIndexInfo[]): SearchIndexInfo[] {
    return [...indexes];
  }
}
