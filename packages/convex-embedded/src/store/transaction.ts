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
import { convexToJson } from "convex/values";
import type { SearchQuery } from "../search/query";
import { encodeId } from "../values/ids";
import { documentOf, textOf } from "../values/stored";
import type { WriteAccess } from "./writeAccess";
import { WriteSet } from "./writeLog";
import { entriesOf, entryChanges } from "./indexKeys";
import { searchEntriesOf } from "./search/searchEntries";
import type {
  Catalog,
  ExistingDocument,
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

/** The placeholder of a commit timestamp in JSON. It cannot occur within a string, where its quotes are escaped. */
export const PENDING_COMMIT_TS = '{"$commitTs":null}';

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

  get catalog(): Catalog {
    return this.writes.catalog;
  }

  get(table: TableInfo, internalId: Uint8Array): string | null {
    this.#check();
    return this.writes.get(table, internalId);
  }

  find(table: TableInfo, internalId: Uint8Array): ExistingDocument | null {
    this.#check();
    const found = this.writes.find(table, internalId);
    return found && { ...found, document: documentOf(found.json) as StoredDocument };
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

  replace(
    table: TableInfo,
    internalId: Uint8Array,
    next: StoredDocument,
    before: ExistingDocument = this.#existing(table, internalId),
  ): void {
    this.#check();
    const current = this.#current(table);
    const json = this.#json(current, internalId, next);
    if (json === before.json) return;

    const changes = entryChanges(current, internalId, before.document, next);
    const moved = changes.filter((change) => change.before !== change.after);
    const searchBefore = searchEntriesOf(current, internalId, before.document);
    const searchAfter = searchEntriesOf(current, internalId, next);
    this.writeSet.add(
      table.id,
      next._id,
      changes.map((change) => change.after),
    );
    this.writeSet.addEntries(moved.map((change) => change.before));
    this.writeSet.addSearched(searchBefore, searchAfter);
    this.writes.searchIndexes.replace(before.row, searchBefore, searchAfter);
    this.writes.updateDocument(before.row, json);
    this.writes.changes?.record(current, internalId, false);
    this.writes.deleteEntries(moved.map((change) => change.before));
    this.writes.insertEntries(
      before.row,
      moved.map((change) => change.after),
    );
  }

  remove(
    table: TableInfo,
    internalId: Uint8Array,
    before: ExistingDocument = this.#existing(table, internalId),
  ): void {
    this.#check();
    const current = this.#current(table);
    const entries = entriesOf(current, internalId, before.document);
    const searchEntries = searchEntriesOf(current, internalId, before.document);
    this.writeSet.add(table.id, before.document._id, entries);
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
    const commitTs = this.#commitTs;
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
        // Its record was rolled back as well.
        this.#commitTs = commitTs;
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
    if (!json?.includes(PENDING_COMMIT_TS)) return;
    const resolved = json.replaceAll(PENDING_COMMIT_TS, JSON.stringify(convexToJson(this.commitTs())));
    this.replace(table, internalId, documentOf(resolved) as StoredDocument);
  }

  #json(table: TableInfo, internalId: Uint8Array, document: StoredDocument): string {
    const json = textOf(document);
    if (json.includes(PENDING_COMMIT_TS))
      this.#pending.set(`${table.id} ${document._id}`, { table, internalId });
    return json;
  }

  #existing(table: TableInfo, internalId: Uint8Array): ExistingDocument {
    const found = this.find(this.#current(table), internalId);
    if (found) return found;
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
