/** The entry of a document in a search index, and its postings. */
import type { Value } from "convex/values";
import type { SearchFields } from "./terms";
import { filterTerm, tokenTerm } from "./terms";
import { tokensOf } from "./tokens";
import { lengthCode } from "./lengths";
import { filterRecord, tokenRecord } from "./postings";

export interface SearchEntry {
  /** How often the text contains each of its tokens. Empty for a document without text, which no search finds. */
  readonly frequencies: ReadonlyMap<string, number>;
  /** The number of tokens. */
  readonly length: number;
  /** The terms of the filter fields, in the order of the fields. */
  readonly filters: readonly Buffer[];
}

/** One posting of a document, with its term. */
export interface TermRecord {
  readonly term: Buffer;
  readonly record: Buffer;
}

/** Returns a document's entry. @param read Returns the value at a path of the document, `undefined` if it is missing. */
export function entryOf(index: SearchFields, read: (path: string) => Value | undefined): SearchEntry {
  const frequencies = new Map<string, number>();
  const text = read(index.searchField);
  let length = 0;
  if (typeof text === "string") {
    for (const token of tokensOf(text)) {
      length++;
      frequencies.set(token, (frequencies.get(token) ?? 0) + 1);
    }
  }
  return {
    frequencies,
    length,
    filters: index.filterFields.map((path, field) => filterTerm(field, read(path))),
  };
}

/** Returns the postings of a document. @param number The document's number. */
export function* recordsOf(entry: SearchEntry, number: number): Generator<TermRecord> {
  const length = lengthCode(entry.length);
  for (const [token, frequency] of entry.frequencies) {
    yield { term: tokenTerm(token), record: tokenRecord(number, frequency, length) };
  }
  for (const term of entry.filters) yield { term, record: filterRecord(number) };
}

/** The postings that a change of a document removes, adds and replaces. */
export interface ChangedRecords {
  readonly removed: readonly TermRecord[];
  readonly added: readonly TermRecord[];
  /** The new postings of terms that the document had before, with another frequency or length. */
  readonly replaced: readonly TermRecord[];
}

/** Returns the postings that a change of a document changes. A posting that stays the same is in no list. */
export function changedRecords(before: SearchEntry, after: SearchEntry, number: number): ChangedRecords {
  const old = new Map([...recordsOf(before, number)].map((entry) => [entry.term.toString("latin1"), entry]));
  const added: TermRecord[] = [];
  const replaced: TermRecord[] = [];
  for (const entry of recordsOf(after, number)) {
    const key = entry.term.toString("latin1");
    const previous = old.get(key);
    old.delete(key);
    if (previous === undefined) added.push(entry);
    else if (!previous.record.equals(entry.record)) replaced.push(entry);
  }
  return { removed: [...old.values()], added, replaced };
}
