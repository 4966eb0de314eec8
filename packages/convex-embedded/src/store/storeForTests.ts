/** Helpers for the tests of this folder: stores in temporary directories, and functions to write and read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ValidatorJSON, Value } from "convex/values";
import { onTestFinished } from "vitest";
import { encodeId, newInternalId } from "../values/ids";
import { openMemoryStore } from "./memory";
import { openStore } from "./store";
import type {
  DiskStore,
  IndexInfo,
  KeyRange,
  Reader,
  SchemaJSON,
  SearchIndexJSON,
  Store,
  StoredDocument,
  StoreOptions,
  TableInfo,
  Transaction,
} from "./types";

/** The range of all keys. */
export const ALL_KEYS: KeyRange = { start: Buffer.alloc(0), end: Buffer.from([0xff]) };

const ITEMS: SchemaJSON = schema({
  items: { indexes: { by_name: ["name"], by_owner_rank: ["owner", "rank"] } },
});

/** Creates a directory that is deleted after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "store-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a store that is closed after the test. */
export function testStore(options: Partial<StoreOptions> = {}): DiskStore {
  const directory = options.directory ?? temporaryDirectory();
  const store = openStore({ directory, ...options, hooks: { sync: null, ...options.hooks } });
  onTestFinished(() => store.close());
  return store;
}

/** Opens a store with the table `items` and two indexes. */
export async function itemStore(options: Partial<StoreOptions> = {}): Promise<DiskStore> {
  const store = testStore(options);
  await store.applySchema("", ITEMS, () => undefined);
  return store;
}

/** Like `itemStore`, in memory. */
export async function memoryItemStore(): Promise<Store> {
  const store = openMemoryStore(Date.now);
  await store.applySchema("", ITEMS, () => undefined);
  return store;
}

interface TableShape {
  readonly type?: ValidatorJSON;
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  readonly search?: readonly SearchIndexJSON[];
  readonly stagedSearch?: readonly SearchIndexJSON[];
}

/** Returns a schema in the form of `SchemaDefinition.export()`. */
export function schema(tables: Readonly<Record<string, TableShape>>, schemaValidation = true): SchemaJSON {
  return {
    schemaValidation,
    tables: Object.entries(tables).map(
      ([tableName, { type, indexes = {}, search = [], stagedSearch = [] }]) => ({
        tableName,
        documentType: type ?? { type: "any" },
        indexes: Object.entries(indexes).map(([indexDescriptor, fields]) => ({ indexDescriptor, fields })),
        searchIndexes: search,
        stagedSearchIndexes: stagedSearch,
        vectorIndexes: [],
      }),
    ),
  };
}

export function items(store: Store): TableInfo {
  const table = store.catalog.table("", "items");
  if (!table) throw new Error("no table items");
  return table;
}

export function indexOf(table: TableInfo, name: string): IndexInfo {
  const index = table.indexes.find((candidate) => candidate.name === name);
  if (!index) throw new Error(`no index ${name}`);
  return index;
}

let clock = 1_700_000_000_000;

/** Creates a document with a new id and creation time. */
export function newDocument(table: TableInfo, fields: Record<string, Value>): [Buffer, StoredDocument] {
  const internal = newInternalId();
  return [internal, { ...fields, _id: encodeId(table.number, internal), _creationTime: clock++ }];
}

/** Inserts a document in an open transaction. */
export function insert(transaction: Transaction, table: TableInfo, fields: Record<string, Value>): Buffer {
  const [internal, document] = newDocument(table, fields);
  transaction.insert(table, internal, document);
  return internal;
}

/** Runs synchronous work in a transaction. */
export function inTransaction<T>(store: Store, work: (transaction: Transaction) => T): Promise<T> {
  return store.mutate((transaction) => Promise.resolve(work(transaction)));
}

/** Inserts a document in a new transaction. */
export function insertOne(store: Store, fields: Record<string, Value>): Promise<Buffer> {
  return inTransaction(store, (transaction) => insert(transaction, items(store), fields));
}

/** Returns the documents of a range, parsed. */
export function collect(
  reader: Reader,
  index: IndexInfo,
  order: "asc" | "desc" = "asc",
  range: KeyRange = ALL_KEYS,
): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const cursor = reader.scan(index, range, order);
  for (let row = cursor.next(); row; row = cursor.next()) {
    found.push(JSON.parse(row.json) as Record<string, unknown>);
  }
  return found;
}

/** Returns the names of all `items` that a new query sees, in the order of an index. */
export function names(store: Store, index = "by_creation_time", order: "asc" | "desc" = "asc"): unknown[] {
  const snapshot = store.snapshot();
  const found = collect(snapshot, indexOf(items(store), index), order).map(({ name }) => name);
  snapshot.release();
  return found;
}
