/**
 * The write log: which documents and key ranges changed, and when. Used to invalidate cached query results. Commits are
 * numbered from 1 when the store opens.
 */
import type { IndexEntry } from "./indexKeys";
import type { TextRange } from "./keyLog";
import { KeyLog, textOfKey } from "./keyLog";
import type { IndexedEntry } from "./search/searchEntries";
import type { SearchKeys, SearchRead } from "./search/searchLog";
import { searchKeysOf, SearchLog } from "./search/searchLog";

/** If a transaction writes more documents or index entries, the log records only its tables. */
const MAX_DOCUMENTS_IN_TRANSACTION = 256;
const MAX_KEYS_IN_TRANSACTION = 4096;
/** The number of changed documents that the log keeps. */
const MAX_DOCUMENTS = 8192;

/** The write set of a transaction. Writes that were rolled back to a savepoint stay in it. At worst that drops a valid result. */
export class WriteSet {
  readonly tables = new Set<number>();
  readonly documents = new Set<string>();
  /** The new and the previous keys of the documents, by index id. */
  readonly keys = new Map<number, Set<string>>();
  /** The new and the previous entries of the documents in each search index, by its id. */
  readonly searched = new Map<number, SearchKeys[]>();
  createdTable = false;
  #keys = 0;

  /** @param table The table's id in the store. @param document Its id. @param entries Its entries. */
  add(table: number, document: string, entries: readonly IndexEntry[] = []): void {
    this.tables.add(table);
    if (this.overflowed) return;
    this.documents.add(document);
    this.addEntries(entries);
  }

  /** Adds further entries of a document: those that it had before. */
  addEntries(entries: readonly IndexEntry[]): void {
    if (this.overflowed) return;
    for (const { index, key } of entries) this.#record(index, textOfKey(key));
  }

  /** @param entries The new and the previous entries of a document in the search indexes. */
  addSearched(...entries: (readonly IndexedEntry[])[]): void {
    if (this.overflowed) return;
    for (const { index, entry } of entries.flat()) {
      const keys = searchKeysOf(entry);
      const own = this.searched.get(index.id);
      if (own === undefined) this.searched.set(index.id, [keys]);
      else own.push(keys);
      this.#keys += keys.tokens.size;
    }
  }

  /** True if `documents`, `keys` and `searched` are incomplete. */
  get overflowed(): boolean {
    return this.documents.size > MAX_DOCUMENTS_IN_TRANSACTION || this.#keys > MAX_KEYS_IN_TRANSACTION;
  }

  #record(index: number, key: string): void {
    const keys = this.keys.get(index);
    if (keys === undefined) this.keys.set(index, new Set([key]));
    else keys.add(key);
    this.#keys++;
  }
}

export class WriteLog {
  #last = 0;
  /** The last commit that wrote to each table. */
  readonly #tables = new Map<number, number>();
  /** The last commit that wrote each document, oldest first. */
  readonly #documents = new Map<string, number>();
  /** The keys written in each index. */
  readonly #keys = new Map<number, KeyLog>();
  /** The documents written in each search index. */
  readonly #searched = new Map<number, SearchLog>();
  /** Changes of documents and keys up to this commit may have been dropped. */
  #forgotten = 0;
  /** The last commit with unknown writes. */
  #lastUnknown = 0;
  /** Called after each commit, before any caller of the commit continues. Must not throw. */
  onCommit: (writes: readonly WriteSet[] | "unknown") => void = () => undefined;

  /** The number of the last commit. */
  get last(): number {
    return this.#last;
  }

  /** Adds a commit. Call this right after it, before new snapshots are created. */
  append(transactions: readonly WriteSet[]): void {
    const commit = ++this.#last;
    for (const writeSet of transactions) {
      for (const table of writeSet.tables) this.#tables.set(table, commit);
      if (writeSet.overflowed) this.#forgotten = commit;
      for (const document of writeSet.documents) {
        this.#documents.delete(document);
        this.#documents.set(document, commit);
      }
      for (const [index, keys] of writeSet.keys) this.#record(commit, index, keys);
      for (const [index, documents] of writeSet.searched) this.#recordSearched(commit, index, documents);
    }
    for (const [document, changed] of this.#documents) {
      if (this.#documents.size <= MAX_DOCUMENTS) break;
      this.#documents.delete(document);
      this.#forgotten = Math.max(this.#forgotten, changed);
    }
    this.onCommit(transactions);
  }

  /** Adds a commit whose writes are unknown. */
  appendUnknown(): void {
    this.#lastUnknown = ++this.#last;
    this.#keys.clear();
    this.#searched.clear();
    this.onCommit("unknown");
  }

  /** True if a table may have changed after a commit. @param table The table's id in the store. */
  changedTable(table: number, since: number): boolean {
    return this.#lastUnknown > since || (this.#tables.get(table) ?? 0) > since;
  }

  /** True if a document may have changed after a commit. */
  changedDocument(table: number, document: string, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#lastUnknown > since || this.#forgotten > since) return true;
    return (this.#documents.get(document) ?? 0) > since;
  }

  /** Returns the ids of the documents that changed after a commit, of this and other tables. `null` if they are unknown. */
  changedDocuments(table: number, since: number): readonly string[] | null {
    if (!this.changedTable(table, since)) return [];
    if (this.#lastUnknown > since || this.#forgotten > since) return null;
    return [...this.#documents].filter(([, commit]) => commit > since).map(([id]) => id);
  }

  /** True if a range of an index may have changed after a commit. `by_id` has no entries, so its ranges change with the table. */
  changedRange(table: number, index: number, range: TextRange, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#lastUnknown > since || this.#forgotten > since || index < 0) return true;
    return this.#keys.get(index)?.changed(range, since) ?? false;
  }

  /** True if the results of a search may have changed after a commit. @param index The id of the search index. */
  changedSearch(table: number, index: number, read: SearchRead, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#lastUnknown > since || this.#forgotten > since) return true;
    return this.#searched.get(index)?.changed(read, since) ?? false;
  }

  #recordSearched(commit: number, index: number, documents: readonly SearchKeys[]): void {
    let log = this.#searched.get(index);
    if (log === undefined) this.#searched.set(index, (log = new SearchLog()));
    for (const keys of documents) log.add(commit, keys);
  }

  #record(commit: number, index: number, keys: Iterable<string>): void {
    let log = this.#keys.get(index);
    if (log === undefined) this.#keys.set(index, (log = new KeyLog()));
    for (const key of keys) log.add(commit, key);
  }
}
