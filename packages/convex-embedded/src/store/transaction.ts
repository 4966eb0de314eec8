/**
 * The transaction of one execution, within the group that the writer commits (see `writer.ts`).
 *
 * It turns writes of documents into writes of rows and index entries, which `WriteAccess` makes in SQLite or in memory. It also
 * notes them in its `writeSet`, from which the write log tells later which cached query results are stale. It ends before the
 * COMMIT of its group: `finish` or `end` make each later use throw, so that code which a function did not await cannot write
 * into the transaction of the next execution.
 *
 * `db.vars.commitTs` may be written before the timestamp is known. The document is stored with a placeholder, and `finish`
 * replaces it when the work has succeeded:
 *
 * ```ts
 * transaction.insert(table, id, { ...document, at: db.vars.commitTs }); // stored as {"at":{"$commitTs":null}}
 * transaction.finish(); // now {"at":{"$integer":"…"}}: the timestamp of this transaction
 * ```
 */
import { convexToJson, jsonToConvex } from "convex/values";
import type { JSONValue } from "convex/values";
import { encodeId } from "../values/ids";
import type { StoredRow, WriteAccess } from "./writeAccess";
import { WriteSet } from "./writeLog";
import { entriesOf, entriesOfJson } from "./indexKeys";
import type { IndexEntry } from "./indexKeys";
import type {
  IndexInfo,
  KeyRange,
  RowCursor,
  Savepoint,
  StoredDocument,
  TableInfo,
  Transaction,
} from "./types";

/** How a commit timestamp that is not known yet stands in stored JSON. Within strings its quotes are escaped. */
const PENDING = '{"$commitTs":null}';

export class StoreTransaction implements Transaction {
  /** Documents that may hold a pending commit timestamp. */
  readonly #pending = new Map<string, { readonly table: TableInfo; readonly internalId: Uint8Array }>();
  readonly #onSettled: (() => void)[] = [];
  readonly writeSet = new WriteSet();
  #commitTs: bigint | null = null;
  #depth = 0;
  #ended = false;

  /** @param nextCommitTs gives the next commit timestamp and notes that it is taken. */
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

  insert(table: TableInfo, internalId: Uint8Array, document: StoredDocument): void {
    this.#check();
    const current = this.#current(table);
    const json = this.#json(current, internalId, document);
    // Keys first: what cannot be encoded is refused before anything is written.
    const entries = entriesOf(current, internalId, document);
    this.writeSet.add(table.id, document._id, entries);
    this.writes.insertEntries(this.writes.insertDocument(current, internalId, json), entries);
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
    this.writeSet.add(table.id, next._id, after, entries);
    this.writes.updateDocument(before.row, json);
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
    this.writeSet.add(table.id, encodeId(table.number, internalId), entries);
    this.writes.deleteEntries(entries);
    this.writes.deleteDocument(before.row);
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
          "Savepoints end in the reverse order of their beginning, each once: this one is not the innermost",
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

  /** The outcome is settled. What a callback throws is nobody's here: it is not to keep the others from being called. */
  callSettled(): void {
    for (const callback of this.#onSettled) {
      try {
        callback();
      } catch (error) {
        process.emitWarning(`After a transaction: ${String(error)}`);
      }
    }
  }

  /** Ends successful work: resolves pending commit timestamps. Nothing can be read or written afterwards. */
  finish(): void {
    if (this.#depth > 0) throw new Error("The work of a transaction ended with a savepoint open");
    for (const { table, internalId } of this.#pending.values()) this.#resolve(table, internalId);
    this.end();
  }

  /** From here on every use throws: whatever still runs of the work must not write into another's transaction. */
  end(): void {
    this.#ended = true;
  }

  #resolve(table: TableInfo, internalId: Uint8Array): void {
    // A rollback may have taken back the table, the document or the field.
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
    throw new Error(`There is no document ${encodeId(table.number, internalId)} in "${table.name}"`);
  }

  /** The table's indexes may have changed since the caller looked it up. */
  #current(table: TableInfo): TableInfo {
    const current = this.writes.catalog.tableById(table.id);
    if (current?.name !== table.name)
      throw new Error(`There is no table "${table.name}"; its creation was rolled back`);
    return current;
  }

  #check(): void {
    if (this.#ended) throw new Error("This transaction has ended and can no longer read or write");
    // After some errors (disk full, I/O) SQLite has rolled back everything. A further write would commit by itself.
    if (!this.writes.isOpen())
      throw new Error("This transaction was rolled back by an error of the database");
  }
}

function keyAt(entries: readonly IndexEntry[], i: number): Buffer {
  const entry = entries[i];
  if (!entry) throw new Error("A document has as many entries as its table has indexes");
  return entry.key;
}
