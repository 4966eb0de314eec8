/** The write log: which documents and key ranges changed, and when. Used to invalidate cached query results. Commits are numbered from 1 when the store opens. */
import type { IndexEntry } from "./indexKeys";
import type { TextRange } from "./keyLog";
import { KeyLog, textOfKey } from "./keyLog";

/** Of more documents or index entries in one transaction only the tables are noted. */
const MOST_IN_TRANSACTION = 256;
const MOST_KEYS_IN_TRANSACTION = 4096;
/** Changes of documents that are remembered one by one. */
const MOST_REMEMBERED = 8192;

/** The write set of a transaction. Writes that a savepoint took back stay in it: at worst a valid result is dropped. */
export class WriteSet {
  readonly tables = new Set<number>();
  readonly documents = new Set<string>();
  /** By the index, where the documents stand in it, and where they stood. */
  readonly keys = new Map<number, Set<string>>();
  createdTable = false;
  #keys = 0;

  /** @param table its id in the store. @param document its id. @param entries all that it has, and all that it had. */
  add(table: number, document: string, ...entries: (readonly IndexEntry[])[]): void {
    this.tables.add(table);
    if (this.overflowed) return;
    this.documents.add(document);
    for (const { index, key } of entries.flat()) this.#note(index, textOfKey(key));
  }

  /** True if `documents` and `keys` are not all. */
  get overflowed(): boolean {
    return this.documents.size > MOST_IN_TRANSACTION || this.#keys > MOST_KEYS_IN_TRANSACTION;
  }

  #note(index: number, key: string): void {
    const keys = this.keys.get(index);
    if (keys === undefined) this.keys.set(index, new Set([key]));
    else keys.add(key);
    this.#keys++;
  }
}

export class WriteLog {
  #last = 0;
  /** Of each table, the last commit that wrote to it. */
  readonly #tables = new Map<number, number>();
  /** The same of documents, the oldest first. */
  readonly #documents = new Map<string, number>();
  /** What was written in each index. */
  readonly #keys = new Map<number, KeyLog>();
  /** Whatever of documents and keys was changed up to this commit may be forgotten. */
  #forgotten = 0;
  /** The last commit that may have changed anything at all. */
  #everything = 0;

  /** The number of the last commit. */
  get last(): number {
    return this.#last;
  }

  /** To be called right after a commit, before new snapshots are taken. */
  append(transactions: Iterable<WriteSet>): void {
    const commit = ++this.#last;
    for (const touched of transactions) {
      for (const table of touched.tables) this.#tables.set(table, commit);
      if (touched.overflowed) this.#forgotten = commit;
      for (const document of touched.documents) {
        this.#documents.delete(document);
        this.#documents.set(document, commit);
      }
      for (const [index, keys] of touched.keys) this.#note(commit, index, keys);
    }
    for (const [document, changed] of this.#documents) {
      if (this.#documents.size <= MOST_REMEMBERED) break;
      this.#documents.delete(document);
      this.#forgotten = Math.max(this.#forgotten, changed);
    }
  }

  /** The same for a commit whose writes are not known. */
  appendUnknown(): void {
    this.#everything = ++this.#last;
    this.#keys.clear();
  }

  /** Whether a table may have changed after a commit. @param table its id in the store. */
  changedTable(table: number, since: number): boolean {
    return this.#everything > since || (this.#tables.get(table) ?? 0) > since;
  }

  /** The same of one document of a table. */
  changedDocument(table: number, document: string, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#everything > since || this.#forgotten > since) return true;
    return (this.#documents.get(document) ?? 0) > since;
  }
  /** The same of what stands in a range of an index. `by_id`, which has no entries, changes with its table. */
  changedRange(table: number, index: number, range: TextRange, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#everything > since || this.#forgotten > since || index < 0) return true;
    return this.#keys.get(index)?.changed(range, since) ?? false;
  }

  #note(commit: number, index: number, keys: Iterable<string>): void {
    let log = this.#keys.get(index);
    if (log === undefined) this.#keys.set(index, (log = new KeyLog()));
    for (const key of keys) log.add(commit, key);
  }
}
