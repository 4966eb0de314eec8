/** A text search, and the terms that it looks for. */
import type { Value } from "convex/values";
import type { IndexCounts } from "./bm25";
import type { Postings } from "./postings";
import type { SearchFields } from "./terms";
import { filterTerm, tokenTerm } from "./terms";
import { tokensOf } from "./tokens";

/** Later tokens of a search are ignored. */
const MAX_TOKENS = 16;
/** The number of different terms of a search, including the terms of its filters. */
const MAX_TERMS = 64;

/** The weight of a token that begins with the last token of the search. Tokens that the search contains have 1. */
const PREFIX_BOOST = 0.5;

export interface SearchQuery {
  /** A document must contain one of them, or a token that begins with the last one. */
  readonly tokens: readonly string[];
  /** A document must have all of these terms. */
  readonly filters: readonly Buffer[];
}

/** Returns a search. @param filters Values by the path of their filter field. */
export function searchQuery(
  { filterFields }: SearchFields,
  text: string,
  filters: readonly { readonly path: string; readonly value: Value | undefined }[],
): SearchQuery {
  const tokens: string[] = [];
  for (const token of tokensOf(text)) if (tokens.push(token) === MAX_TOKENS) break;
  return { tokens, filters: filters.map(({ path, value }) => filterTerm(filterFields.indexOf(path), value)) };
}

/** Reads one search index in one state of the database. */
export interface IndexReader {
  counts(): IndexCounts;
  /** Returns the postings of a term, `null` if no document has it. */
  postings(term: Buffer): Postings | null;
  /** Returns terms that begin with a prefix, in the order of their bytes. May be abandoned at any point. */
  withPrefix(prefix: Buffer): Iterable<{ readonly term: Buffer; readonly postings: Postings }>;
}

/** One of the terms that a document may contain. */
interface Alternative {
  readonly term: Buffer;
  readonly postings: Postings;
  readonly boost: number;
}

export interface QueryTerms {
  /** In the order of their bytes. */
  readonly alternatives: readonly Alternative[];
  /** The postings of the filters. */
  readonly required: readonly Postings[];
}

/** Returns the terms of a search, `null` if no document matches. */
export function termsOf(reader: IndexReader, { tokens, filters }: SearchQuery): QueryTerms | null {
  const last = tokens.at(-1);
  if (last === undefined) return null;
  const required = new Map<string, Postings>();
  for (const filter of filters) {
    const postings = reader.postings(filter);
    // As on Convex, nothing matches a search with the same condition twice.
    if (postings === null || required.has(filter.toString("latin1"))) return null;
    required.set(filter.toString("latin1"), postings);
  }
  const alternatives = new Map<string, Alternative>();
  for (const token of new Set(tokens)) {
    const term = tokenTerm(token);
    const postings = reader.postings(term);
    if (postings !== null) alternatives.set(term.toString("latin1"), { term, postings, boost: 1 });
  }
  const most = MAX_TERMS - required.size;
  for (const { term, postings } of reader.withPrefix(tokenTerm(last))) {
    if (alternatives.size >= most) break;
    const key = term.toString("latin1");
    if (!alternatives.has(key)) alternatives.set(key, { term, postings, boost: PREFIX_BOOST });
  }
  if (alternatives.size === 0) return null;
  const sorted = [...alternatives.values()].sort((a, b) => a.term.compare(b.term));
  return { alternatives: sorted, required: [...required.values()] };
}
