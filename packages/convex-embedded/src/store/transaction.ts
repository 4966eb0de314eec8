/**
 * The transaction of one execution. The writer commits transactions in groups (see `writer.ts`).
 *
 * It converts writes of documents to writes of rows and index entries, which `WriteAccess` performs in SQLite or in memory. It
 * also records them in its `writeSet`: from that, the write log later tells which cached query results are stale. The transaction
 * ends before the COMMIT of its group. After `finish` or `end`, every call throws, so that code which a function did not await
 * cannot write to the transaction of the next execution.
 *
 * A function may write `db.vars.commitTs` before the timestamp is known. The document is then stored with a placeholder, and
 * `finish` replaces it after the work has succeeded:
 *
 * ```ts
 * transaction.insert(table, id, { ...document, at: db.vars.commitTs }); // stored as {"at":{"$commitTs":null}}
 * transaction.finish(); // now {"at":{"$integer":"…"}}: the timestamp of this transaction
 * ```
 */
import { convexToJson, jsonToConvex } from "convex/values";
import type { JSONValue } from "convex/values";
import type { SearchQuery } from "../search/query";
import { encodeId } from "../values/ids";
import type { StoredRow, WriteAccess } from "./writeAccess";
import { WriteSet } from "./writeLog";
import { entriesOf, entriesOfJson } from "./indexKeys";
import { searchEntriesOf, searchEntriesOfJson } from "./search/searchEntries";
import type { IndexEntry } from "./indexKeys";
import type {
  IndexInfo,
  KeyRange,
  RowCursor,
  Savepoint,
  SearchIndexInfo,
  SearchResults,
  StoredDocument,
  TableInfo,
  Transaction,
} from "./types";

/** The placeholder of a commit timestamp in stored JSON. It cannot occur within a string, where its quotes are escaped. */
const PENDING = '{"$commitTs":null}';

export class StoreTransaction implements Transaction {
  /** Documents that may hold a pending commit timestamp. */
  readonly #pending = new Map<string, { readonly table: TableInfo; readonly internalId: Uint8Array }>();
  readonly #onSettled: (() => void)[] = [];
  readonly writeSet = new WriteSet();
  #commitTs: bigint | null = null;
  #depth = 0;
  #ended = false;

  /** @param nextCommitTs Returns the next commit timestamp and records it as used. */
  constructor(
    private readonly writes: WriteAccess,
    private readonly nextCommitTs: () => bigint,
  ) {}

  get(table: TableInfo, internalId: Uint8Array): string | null {
    this.#check();
    return this.writes.get(table, internalId);
  }

  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc"): RowCursor {
    return this.writes.scan(index, range, order, () => {
      this.#check();
    });
  }

  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery): SearchResults {
    return this.writes.search(table, index, query, () => {
      this.#check();
    });
  }

  insert(table: TableInfo, internalId: Uint8Array, document: StoredDocument): void {
    this.#check();
    const current = this.#current(table);
    const json = this.#json(current, internalId, document);
    // Encode the keys first, so that an invalid document is refused before anything is written.
    const entries = entriesOf(current, internalId, document);
    const searchEntries = searchEntriesOf(current, internalId, document);
    this.writeSet.add(table.id, document._id, entries);
    this.writeSet.addSearched(searchEntries);
    const row = this.writes.insertDocument(current, internalId, json);
    this.writes.changes?.record(current, internalId, false);
    this.writes.insertEntries(row, entries);
    this.writes.searchIndexes.insert(current, row, searchEntries);
  }

  replace(table: TableInfo, internalId: Uint8Array, next: StoredDocument): void {
    this.#check();
    const current = this.#current(table);
    const before = this.#existing(current, internalId);
    const json = this.#json(current, internalId, next);
    if (json === before.json) return;

    const after = entriesOf(current, internalId, next);
    const entries = entriesOfJson(current.indexes, internalId, before.json);
    const changed = after.map((entry, i) => !entry.key.equals(keyAt(entries, i)));
    const searchBefore = searchEntriesOfJson(current, internalId, before.json);
    const searchAfter = searchEntriesOf(current, internalId, next);
    this.writeSet.add(table.id, next._id, after, entries);
    this.writeSet.addSearched(searchBefore, searchAfter);
    this.writes.searchIndexes.replace(before.row, searchBefore, searchAfter);
    this.writes.updateDocument(before.row, json);
    this.writes.changes?.record(current, internalId, false);
    this.writes.deleteEntries(entries.filter((_, i) => changed[i]));
    this.writes.insertEntries(
      before.row,
      after.filter((_, i) => changed[i]),
    );
  }

  remove(table: TableInfo, internalId: Uint8Array): void {
    this.#check();
    const current = this.#current(table);
    const before = this.#existing(current, internalId);
    const entries = entriesOfJson(current.indexes, internalId, before.json);
    const searchEntries = searchEntriesOfJson(current, internalId, before.json);
    this.writeSet.add(table.id, encodeId(table.number, internalId), entries);
    this.writeSet.addSearched(searchEntries);
    this.writes.searchIndexes.remove(before.row, searchEntries);
    this.writes.deleteEntries(entries);
    this.writes.deleteDocument(before.row);
    this.writes.changes?.record(current, internalId, true);
  }

  createTable(component: string, name: string): TableInfo {
    this.#check();
    const known = this.writes.catalog.table(component, name);
    if (known !== null) return known;
    this.writeSet.createdTable = true;
    return this.writes.createTable(component, name);
  }

  savepoint(): Savepoint {
    this.#check();
    const level = ++this.#depth;
    const savepoint = this.writes.savepoint(`level_${level}`);
    const end = (work: () => void): void => {
      this.#check();
      if (level !== this.#depth) {
        throw new Error(
          "This savepoint is not the innermost one. End each savepoint once, in reverse order of creation.",
        );
      }
      work();
      this.#depth--;
    };
    return {
      release: () => {
        end(() => savepoint.release());
      },
      rollback: () => {
        end(() => savepoint.rollback());
      },
    };
  }

  commitTs(): bigint {
    this.#check();
    return (this.#commitTs ??= this.nextCommitTs());
  }

  onSettled(callback: () => void): void {
    this.#check();
    this.#onSettled.push(callback);
  }

  /** Calls the callbacks of `onSettled`. If one throws, the others still run, and the error becomes a warning of the process. */
  callSettled(): void {
    for (const callback of this.#onSettled) {
      try {
        callback();
      } catch (error) {
        process.emitWarning(`An onSettled callback failed: ${String(error)}`);
      }
    }
  }

  /** Ends successful work: resolves pending commit timestamps. Nothing can be read or written afterwards. */
  finish(): void {
    if (this.#depth > 0) throw new Error("The work of a transaction ended with an open savepoint");
    for (const { table, internalId } of this.#pending.values()) this.#resolve(table, internalId);
    this.end();
  }

  /** Makes every later call throw: code that still runs must not write to the transaction of another execution. */
  end(): void {
    this.#ended = true;
  }

  #resolve(table: TableInfo, internalId: Uint8Array): void {
    // A rollback may have undone the table, the document or the field.
    const json = this.get(table, internalId);
    if (!json?.includes(PENDING)) return;
    const resolved = json.replaceAll(PENDING, JSON.stringify(convexToJson(this.commitTs())));
    const document = jsonToConvex(JSON.parse(resolved) as JSONValue) as StoredDocument;
    this.replace(table, internalId, document);
  }

  #json(table: TableInfo, internalId: Uint8Array, document: StoredDocument): string {
    const json = JSON.stringify(convexToJson(document));
    if (json.includes(PENDING)) this.#pending.set(`${table.id} ${document._id}`, { table, internalId });
    return json;
  }

  #existing(table: TableInfo, internalId: Uint8Array): StoredRow {
    const row = this.writes.find(table, internalId);
    if (row) return row;
    throw new Error(`Document ${encodeId(table.number, internalId)} does not exist in "${table.name}"`);
  }

  /** The table's indexes may have changed since the caller looked it up. */
  #current(table: TableInfo): TableInfo {
    const current = this.writes.catalog.tableById(table.id);
    if (current?.name !== table.name)
      throw new Error(`Table "${table.name}" does not exist: its creation was rolled back`);
    return current;
  }

  #check(): void {
    if (this.#ended) throw new Error("This transaction has ended and can no longer read or write");
    // After some errors (disk full, I/O), SQLite has rolled back everything. A further write would commit on its own.
    if (!this.writes.isOpen())
      throw new Error("This transaction was rolled back by an error of the database");
  }
}

function keyAt(entries: readonly IndexEntry[], i: number): Buffer {
  const entry = entries[i];
  if (!entry) throw new Error("A document must have one entry for each index of its table");
  return entry.key;
}
