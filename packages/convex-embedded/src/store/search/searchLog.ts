/** The documents of one search index that were written most recently, with the commits that wrote them. */
import type { SearchEntry } from "../../search/entry";

/** The number of documents that are kept: at least this many, at most twice as many, if they have few tokens. */
const MIN_REMEMBERED = 1024;
const MAX_TOKENS = 65_536;

/** The data of a document that decides whether a search finds it. */
export interface SearchKeys {
  readonly tokens: ReadonlySet<string>;
  /** The terms of the filter fields as texts, in the order of the fields. */
  readonly filters: readonly string[];
}

export function searchKeysOf(entry: SearchEntry): SearchKeys {
  return {
    tokens: new Set(entry.frequencies.keys()),
    filters: entry.filters.map((term) => term.toString("latin1")),
  };
}

/** A search, for the question whether a written document can be one of its results. */
export interface SearchRead {
  readonly tokens: readonly string[];
  /** A document also matches if one of its tokens begins with this text. `null` if the search has no tokens. */
  readonly prefix: string | null;
  /** Terms of filter fields, as texts. */
  readonly filters: readonly string[];
}

interface Written {
  readonly commit: number;
  readonly keys: SearchKeys;
}

export class SearchLog {
  /** Oldest first. */
  #written: Written[] = [];
  #tokens = 0;
  /** Writes up to this commit may have been dropped. */
  #forgotten = 0;

  add(commit: number, keys: SearchKeys): void {
    this.#written.push({ commit, keys });
    this.#tokens += keys.tokens.size;
    if (this.#written.length < 2 * MIN_REMEMBERED && this.#tokens < MAX_TOKENS) return;
    const half = Math.ceil(this.#written.length / 2);
    this.#forgotten = this.#written[half - 1]?.commit ?? commit;
    this.#written = this.#written.slice(half);
    this.#tokens = this.#written.reduce((sum, written) => sum + written.keys.tokens.size, 0);
  }

  /** True if a document that the search finds, or found, may have been written after the commit. */
  changed(read: SearchRead, since: number): boolean {
    if (this.#forgotten > since) return true;
    for (let i = this.#written.length - 1; i >= 0; i--) {
      const written = this.#written[i];
      if (written === undefined || written.commit <= since) return false;
      if (canFind(read, written.keys)) return true;
    }
    return false;
  }
}

/** True if a search finds a document with these keys, or would find it among fewer documents. */
export function canFind({ tokens, prefix, filters }: SearchRead, written: SearchKeys): boolean {
  if (!filters.every((filter) => written.filters.includes(filter))) return false;
  if (tokens.some((token) => written.tokens.has(token))) return true;
  return prefix !== null && [...written.tokens].some((token) => token.startsWith(prefix));
}
