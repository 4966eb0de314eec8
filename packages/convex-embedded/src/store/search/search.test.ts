import { join } from "node:path";
import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { below, randomOf, SEED } from "../../../fixtures/random";
import type { Random } from "../../../fixtures/random";
import { backUp } from "../../backup/backup";
import { restore } from "../../backup/restore";
import { searchQuery } from "../../search/query";
import { openMemoryStore } from "../memory";
import { Connection } from "../sqlite";
import {
  insert,
  inTransaction,
  items,
  newDocument,
  schema,
  temporaryDirectory,
  testStore,
} from "../storeForTests";
import type { Reader, SchemaJSON, SearchIndexJSON, Store, StoredDocument, Transaction } from "../types";

const SEARCH: SearchIndexJSON = {
  indexDescriptor: "search",
  searchField: "text",
  filterFields: ["owner", "kind"],
};
const SCHEMA = schema({ items: { search: [SEARCH] } });
const PLAIN = schema({ items: {} });

type Filters = Readonly<Record<string, Value | undefined>>;
type Found = readonly [text: Value | undefined, score: number];

/** Returns what a reader finds, with scores. */
function find(reader: Reader, store: Store, text: string, filters: Filters = {}): Found[] {
  const index = items(store).searchIndexes.find(({ name }) => name === "search");
  if (index === undefined) throw new Error("no search index");
  const conditions = Object.entries(filters).map(([path, value]) => ({ path, value }));
  const results = reader.search(items(store), index, searchQuery(index, text, conditions));
  return results.matches.map(({ score }, i) => [
    (JSON.parse(results.json(i) ?? "{}") as StoredDocument)["text"],
    score,
  ]);
}

/** Returns the texts that a new query finds. */
function texts(store: Store, text: string, filters: Filters = {}): unknown[] {
  const snapshot = store.snapshot();
  const found = find(snapshot, store, text, filters).map(([first]) => first);
  snapshot.release();
  return found;
}

const insertTexts = (store: Store, values: readonly Value[]): Promise<unknown> =>
  inTransaction(store, (transaction) => {
    for (const text of values) insert(transaction, items(store), { text });
  });

async function apply(store: Store, next: SchemaJSON): Promise<string[]> {
  const lines: string[] = [];
  await store.applySchema("", next, (line) => lines.push(line));
  return lines;
}

async function searchStore(options: Parameters<typeof testStore>[0] = {}): Promise<Store> {
  const store = testStore(options);
  await apply(store, SCHEMA);
  return store;
}

/** Returns the number of rows in each table of the search indexes. */
function rowCounts(directory: string): Record<string, unknown> {
  const db = new Connection(join(directory, "data.sqlite"));
  const tables = ["search_indexes", "search_documents", "search_terms", "search_blocks"];
  const counts = tables.map((table) => [table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]);
  db.close();
  return Object.fromEntries(counts) as Record<string, unknown>;
}

describe.each(["on disk", "in memory"])("a search index %s", (where) => {
  const open = async (): Promise<Store> => {
    const store = where === "on disk" ? testStore() : openMemoryStore(Date.now);
    await apply(store, SCHEMA);
    return store;
  };

  test("finds documents by a word or by the beginning of the last word, best first", async () => {
    const store = await open();
    await insertTexts(store, ["a steel bolt", "bolt", "nuts and bolts", "a nut", "Bolt, bolt!"]);
    expect(texts(store, "bolt")).toEqual(["Bolt, bolt!", "bolt", "nuts and bolts", "a steel bolt"]);
    // `bolts` is rarer than `bolt`.
    expect(texts(store, "bol")).toEqual(["nuts and bolts", "Bolt, bolt!", "bolt", "a steel bolt"]);
    expect(texts(store, "bol nut")).toEqual(["a nut", "nuts and bolts"]);
    expect(texts(store, "olt")).toEqual([]);
    expect(texts(store, "!")).toEqual([]);
  });

  test("returns the newest first among equal scores", async () => {
    const store = await open();
    await insertTexts(store, ["bolt 1", "bolt 2", "bolt 3"]);
    expect(texts(store, "bolt")).toEqual(["bolt 3", "bolt 2", "bolt 1"]);
  });

  test("returns only documents whose filter fields are equal in type and value", async () => {
    const store = await open();
    await inTransaction(store, (transaction) => {
      const owners = [1, 1n, "1", true, null, undefined, "x".repeat(40), ["a"], -0, 0];
      for (const owner of owners) {
        const text = `bolt ${String(owner)} ${typeof owner}`;
        insert(transaction, items(store), owner === undefined ? { text } : { text, owner });
      }
    });
    const ofOwner = (owner: Value | undefined): unknown[] => texts(store, "bolt", { owner });
    expect(ofOwner(1)).toEqual(["bolt 1 number"]);
    expect(ofOwner(1n)).toEqual(["bolt 1 bigint"]);
    expect(ofOwner("1")).toEqual(["bolt 1 string"]);
    expect(ofOwner(null)).toEqual(["bolt null object"]);
    expect(ofOwner(undefined)).toEqual(["bolt undefined undefined"]);
    expect(ofOwner("x".repeat(40))).toHaveLength(1);
    expect(ofOwner("x".repeat(41))).toEqual([]);
    expect(ofOwner(["a"])).toHaveLength(1);
    expect(ofOwner(-0)).toHaveLength(1);
    expect(texts(store, "bolt", { owner: 1, kind: undefined })).toEqual(["bolt 1 number"]);
    expect(texts(store, "bolt", { owner: 1, kind: null })).toEqual([]);
  });

  test("returns at most 1,024 documents", async () => {
    const store = await open();
    await insertTexts(
      store,
      Array.from({ length: 1100 }, (_, i) => `bolt ${i}`),
    );
    const found = texts(store, "bolt");
    expect([found.length, found[0], found.at(-1)]).toEqual([1024, "bolt 1099", "bolt 76"]);
  });

  test("contains only texts: a document without one is never found", async () => {
    const store = await open();
    await insertTexts(store, [1, null, ["bolt"], { text: "bolt" }, "bolt"]);
    expect(texts(store, "bolt")).toEqual(["bolt"]);
  });

  test("shows a transaction its own writes, and other readers only what is committed", async () => {
    const store = await open();
    await insertTexts(store, ["bolt old", "bolt gone"]);
    const before = store.snapshot();
    expect(find(before, store, "bolt")).toHaveLength(2);
    await inTransaction(store, (transaction) => {
      const found = (): unknown[] => find(transaction, store, "bolt").map(([text]) => text);
      const internal = insert(transaction, items(store), { text: "bolt new" });
      expect(found()).toEqual(["bolt new", "bolt gone", "bolt old"]);
      const savepoint = transaction.savepoint();
      transaction.remove(items(store), internal);
      insert(transaction, items(store), { text: "bolt undone" });
      expect(found()).toEqual(["bolt undone", "bolt gone", "bolt old"]);
      savepoint.rollback();
      expect(found()).toEqual(["bolt new", "bolt gone", "bolt old"]);
      expect(texts(store, "bolt")).toEqual(["bolt gone", "bolt old"]);
    });
    expect(texts(store, "bolt")).toHaveLength(3);
    expect(find(before, store, "bolt")).toHaveLength(2);
    before.release();
  });

  test("reads a document at the moment of the call, and skips a deleted one", async () => {
    const store = await open();
    await inTransaction(store, (transaction) => {
      const [internal, document] = newDocument(items(store), { text: "bolt" });
      transaction.insert(items(store), internal, document);
      const [index] = items(store).searchIndexes;
      if (index === undefined) throw new Error("no index");
      const results = transaction.search(items(store), index, searchQuery(index, "bolt", []));
      transaction.replace(items(store), internal, { ...document, text: "nut" });
      expect(results.json(0)).toContain("nut");
      transaction.remove(items(store), internal);
      expect(results.json(0)).toBeNull();
      expect(results.json(1)).toBeNull();
    });
  });
});

/** Returns a text of some words of a small vocabulary. */
function randomText(random: Random): string {
  const words = Array.from({ length: 1 + below(random, 6) }, () => {
    const rank = below(random, 4) === 0 ? below(random, 200) : below(random, 5);
    return `w${rank}`;
  });
  return words.join(" ");
}

test("postings on disk stay equal to the documents through random writes", async () => {
  const random = randomOf(SEED);
  const directory = temporaryDirectory();
  const disk = await searchStore({ directory });
  const memory = openMemoryStore(Date.now);
  await apply(memory, SCHEMA);
  const live: [Buffer, StoredDocument][] = [];
  const both = async (work: (transaction: Transaction, store: Store) => void): Promise<void> => {
    for (const store of [disk, memory]) await inTransaction(store, (transaction) => work(transaction, store));
  };
  for (let round = 0; round < 12; round++) {
    const steps: ((transaction: Transaction, store: Store) => void)[] = [];
    for (let step = 0; step < 100; step++) {
      const choice = random();
      const owner = below(random, 3);
      if (choice < 0.6 || live.length === 0) {
        const [internal, document] = newDocument(items(disk), { text: randomText(random), owner });
        live.push([internal, document]);
        steps.push((transaction, store) => transaction.insert(items(store), internal, document));
        continue;
      }
      const at = below(random, live.length);
      const [internal, document] = live[at] as [Buffer, StoredDocument];
      if (choice < 0.85) {
        const next = { ...document, text: randomText(random), owner };
        live[at] = [internal, next];
        steps.push((transaction, store) => transaction.replace(items(store), internal, next));
      } else {
        live.splice(at, 1);
        steps.push((transaction, store) => transaction.remove(items(store), internal));
      }
    }
    await both((transaction, store) => {
      for (const step of steps) step(transaction, store);
      const savepoint = transaction.savepoint();
      for (const [internal] of live.slice(0, 50)) transaction.remove(items(store), internal);
      savepoint.rollback();
    });
    if (round % 4 !== 3) continue;
    const snapshots = [disk.snapshot(), memory.snapshot()] as const;
    for (const text of ["w0", "w", "w1 w2", "w17", "w3 w1", "w4 w"]) {
      for (const filters of [{}, { owner: 1 }, { owner: 2, kind: undefined }]) {
        const [onDisk, inMemory] = [disk, memory].map((store, i) =>
          find(snapshots[i as 0 | 1], store, text, filters),
        );
        expect(onDisk).toEqual(inMemory);
      }
    }
    for (const snapshot of snapshots) snapshot.release();
  }
  // Deleting everything leaves no row behind.
  await both((transaction, store) => {
    for (const [internal] of live) transaction.remove(items(store), internal);
  });
  await disk.close();
  expect(rowCounts(directory)).toEqual({
    search_indexes: 1,
    search_documents: 0,
    search_terms: 0,
    search_blocks: 0,
  });
});

describe("a new search index", () => {
  const lines = (documents: number): string[] => [
    `search index items.search filled with ${documents} documents`,
  ];

  test("contains the documents that exist, and those that are written while it is filled", async () => {
    const store = testStore();
    await apply(store, PLAIN);
    await insertTexts(
      store,
      Array.from({ length: 4_500 }, (_, i) => `bolt ${i}`),
    );
    const first = await inTransaction(store, (transaction) =>
      insert(transaction, items(store), { text: "nut" }),
    );
    const filling = apply(store, SCHEMA);
    const writes = inTransaction(store, (transaction) => {
      insert(transaction, items(store), { text: "bolt late" });
      transaction.remove(items(store), first);
    });
    await writes;
    expect(await filling).toEqual(lines(4_501));
    expect(texts(store, "bolt")[0]).toBe("bolt late");
    expect(texts(store, "late")).toEqual(["bolt late"]);
    expect(texts(store, "4321")).toEqual(["bolt 4321"]);
    expect(texts(store, "nut")).toEqual([]);
    expect(await apply(store, SCHEMA)).toEqual([]);
  });

  test("continues after an interruption where it was", async () => {
    const directory = temporaryDirectory();
    const store = testStore({ directory });
    await apply(store, PLAIN);
    await insertTexts(
      store,
      Array.from({ length: 4_100 }, (_, i) => `bolt ${i}`),
    );
    await store.close();
    let commits = 0;
    // The third transaction fills the second batch.
    const beforeCommit = (): void => {
      if (++commits === 3) throw new Error("interrupted");
    };
    const interrupted = testStore({ directory, hooks: { beforeCommit } });
    await expect(apply(interrupted, SCHEMA)).rejects.toThrow("interrupted");
    await interrupted.close();

    const again = testStore({ directory });
    const [first] = items(again).searchIndexes;
    expect(first).toMatchObject({ enabled: false, position: expect.any(Buffer) as Buffer });
    // The first document is in the index already and the last one is not.
    await inTransaction(again, (transaction) => {
      const creation = items(again).indexes.find(({ name }) => name === "by_creation_time");
      for (const order of ["asc", "desc"] as const) {
        const range = { start: Buffer.alloc(0), end: Buffer.from([0xff]) };
        const row = creation && transaction.scan(creation, range, order).next();
        const document = JSON.parse(row?.json ?? "") as StoredDocument;
        transaction.replace(items(again), (row?.key ?? Buffer.alloc(0)).subarray(-16), {
          ...document,
          text: `nut ${order}`,
        });
      }
    });
    expect(await apply(again, SCHEMA)).toEqual(lines(2_100));
    expect(texts(again, "nut")).toEqual(["nut desc", "nut asc"]);
    expect(texts(again, "0")).toEqual([]);
    expect(texts(again, "4098")).toEqual(["bolt 4098"]);
  });

  test("of another definition replaces the old one, and a removed one is dropped", async () => {
    const directory = temporaryDirectory();
    const store = await searchStore({ directory });
    await inTransaction(store, (transaction) => {
      for (let i = 0; i < 600; i++) insert(transaction, items(store), { text: "bolt", name: "nut" });
    });
    const named = schema({ items: { search: [{ ...SEARCH, searchField: "name" }] } });
    expect(await apply(store, named)).toEqual([...lines(600), "search index items.search dropped"]);
    expect(texts(store, "bolt")).toEqual([]);
    expect(texts(store, "nut")).toHaveLength(600);
    expect(await apply(store, PLAIN)).toEqual(["search index items.search dropped"]);
    expect(items(store).searchIndexes).toEqual([]);
    await store.close();
    expect(rowCounts(directory)).toEqual({
      search_indexes: 0,
      search_documents: 0,
      search_terms: 0,
      search_blocks: 0,
    });
  });

  test("that is staged is filled but not enabled, and needs no filling once it is enabled", async () => {
    const store = testStore();
    await apply(store, PLAIN);
    await insertTexts(store, ["bolt"]);
    expect(await apply(store, schema({ items: { stagedSearch: [SEARCH] } }))).toEqual(lines(1));
    expect(items(store).searchIndexes).toMatchObject([{ enabled: false, position: null }]);
    expect(await apply(store, SCHEMA)).toEqual([]);
    expect(items(store).searchIndexes).toMatchObject([{ enabled: true, position: null }]);
    expect(texts(store, "bolt")).toEqual(["bolt"]);
  });

  test("stays disabled if the documents do not match the schema", async () => {
    const store = testStore();
    await apply(store, PLAIN);
    await insertTexts(store, ["bolt", 1]);
    const type = {
      type: "object",
      value: { text: { fieldType: { type: "string" }, optional: false } },
    } as const;
    await expect(
      apply(store, schema({ items: { type, search: [{ ...SEARCH, filterFields: [] }] } })),
    ).rejects.toThrow("1 document does not match");
    expect(items(store)).toMatchObject({
      documentType: { type: "any" },
      searchIndexes: [{ enabled: false }],
    });
    expect(await apply(store, PLAIN)).toEqual(["search index items.search dropped"]);
  });

  test("belongs to the tables of one component", async () => {
    const store = await searchStore();
    await store.applySchema("child", SCHEMA, () => undefined);
    const table = store.catalog.table("child", "items");
    if (table === null) throw new Error("no table");
    await inTransaction(store, (transaction) => insert(transaction, table, { text: "bolt" }));
    expect(texts(store, "bolt")).toEqual([]);
  });
});

describe("the definition of a search index", () => {
  const other = { ...SEARCH, indexDescriptor: "other" };
  const object = {
    type: "object",
    value: { text: { fieldType: { type: "string" }, optional: false } },
  } as const;
  test.each<[string, SchemaJSON, string]>([
    [
      "the name of an index",
      schema({ items: { indexes: { search: ["a"] }, search: [SEARCH] } }),
      'Table "items" has two or more definitions of index "search".',
    ],
    [
      "a reserved name",
      schema({ items: { search: [{ ...SEARCH, indexDescriptor: "by_id" }] } }),
      'cannot name an index "by_id" because the name is reserved',
    ],
    [
      "the fields of another search index",
      schema({ items: { search: [SEARCH], stagedSearch: [{ ...other, filterFields: ["kind", "owner"] }] } }),
      'In table "items" search index "search" and search index "other" have the same `searchField`.',
    ],
    [
      "17 filter fields",
      schema({
        items: { search: [{ ...SEARCH, filterFields: Array.from({ length: 17 }, (_, i) => `f${i}`) }] },
      }),
      'In table "items": Search indexes may have up to 16 filter fields.',
    ],
    [
      "an invalid path",
      schema({ items: { search: [{ ...SEARCH, searchField: "a b" }] } }),
      'In index "search": Invalid index field: "a b"',
    ],
    [
      "a search field that no document can have",
      schema({ items: { type: object, search: [{ ...SEARCH, searchField: "body", filterFields: [] }] } }),
      'In table "items" the index "search" is invalid because it references the field "body" that does not exist.',
    ],
    [
      "a filter field that no document can have",
      schema({ items: { type: object, search: [SEARCH] } }),
      'it references the field "kind" that does not exist.',
    ],
    [
      "64 other indexes",
      schema({
        items: {
          indexes: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`by_f${i}`, [`f${i}`]])),
          search: [SEARCH],
        },
      }),
      'Table "items" cannot have more than 64 indexes.',
    ],
  ])("with %s is refused", async (_name, next, message) => {
    const store = testStore();
    await expect(apply(store, next)).rejects.toThrow(message);
    expect(store.catalog.table("", "items")).toBeNull();
  });

  test("may list its filter fields in any order", async () => {
    const store = await searchStore();
    const before = items(store).searchIndexes;
    await apply(
      store,
      schema({ items: { search: [{ ...SEARCH, filterFields: ["kind", "owner", "kind"] }] } }),
    );
    expect(items(store).searchIndexes).toEqual(before);
  });
});

test("a backup contains the search indexes", async () => {
  const directory = temporaryDirectory();
  const store = await searchStore({ directory });
  await insertTexts(store, ["bolt"]);
  const file = join(temporaryDirectory(), "backup.zip");
  await backUp({ directory, file });
  const restored = join(temporaryDirectory(), "data");
  await restore({ file, directory: restored, replace: false });
  const copy = testStore({ directory: restored });
  expect(await apply(copy, SCHEMA)).toEqual([]);
  expect(texts(copy, "bolt")).toEqual(["bolt"]);
});
