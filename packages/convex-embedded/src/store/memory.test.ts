import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { openMemoryStore } from "./memory";
import { SchemaRefused } from "./schema";
import {
  indexOf,
  insert,
  inTransaction,
  insertOne,
  items,
  memoryItemStore,
  names,
  newDocument,
  schema,
} from "./storeForTests";

const TEXTS = schema({
  items: {
    type: { type: "object", value: { name: { fieldType: { type: "string" }, optional: false } } },
    indexes: { by_name: ["name"] },
  },
});

test("a snapshot keeps its state after later commits", async () => {
  const store = await memoryItemStore();
  await insertOne(store, { name: "a" });
  const snapshot = store.snapshot();
  const cursor = snapshot.scan(
    indexOf(items(store), "by_name"),
    { start: Buffer.alloc(0), end: Buffer.from([255]) },
    "asc",
  );
  await insertOne(store, { name: "b" });
  expect(JSON.parse(cursor.next()?.json ?? "")).toMatchObject({ name: "a" });
  expect(cursor.next()).toBeNull();
  expect(names(store)).toEqual(["a", "b"]);
  snapshot.release();
  expect(() => cursor.next()).toThrow("This snapshot is released");
});

test("work that fails is rolled back, including a new table", async () => {
  const store = await memoryItemStore();
  const failing = store.mutate((transaction) => {
    insert(transaction, items(store), { name: "a" });
    transaction.createTable("", "others");
    return Promise.reject(new Error("on purpose"));
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(names(store)).toEqual([]);
  expect(store.catalog.table("", "others")).toBeNull();
});

test("transactions run one at a time, and partial writes are never visible", async () => {
  const store = await memoryItemStore();
  const [begun, proceed] = [gate(), gate()];
  const first = store.mutate(async (transaction) => {
    insert(transaction, items(store), { name: "a" });
    begun.open();
    await proceed.promise;
    insert(transaction, items(store), { name: "b" });
  });
  const second = insertOne(store, { name: "c" });
  await begun.promise;
  expect(names(store)).toEqual([]);
  proceed.open();
  await Promise.all([first, second]);
  expect(names(store)).toEqual(["a", "b", "c"]);
});

test("a second document with the same id is refused", async () => {
  const store = await memoryItemStore();
  const [internal, document] = newDocument(items(store), { name: "a" });
  await inTransaction(store, (transaction) => {
    transaction.insert(items(store), internal, document);
    expect(() => transaction.insert(items(store), internal, document)).toThrow(
      "a document with this id exists",
    );
  });
});

test("commit timestamps increase while the clock stands still", async () => {
  const store = openMemoryStore(() => 5);
  const stamps = [
    await inTransaction(store, (transaction) => transaction.commitTs()),
    await inTransaction(store, (transaction) => transaction.commitTs()),
  ];
  expect(stamps).toEqual([5_000_000n, 5_000_001n]);
});

test("a schema fills its new indexes, and is refused by documents that do not match", async () => {
  const store = openMemoryStore(Date.now);
  await store.applySchema("", schema({ items: {} }), () => undefined);
  for (const name of ["b", "a"]) await insertOne(store, { name });
  await store.applySchema("", TEXTS, () => undefined);
  expect(names(store, "by_name")).toEqual(["a", "b"]);
  await store.applySchema("", schema({ items: {} }), () => undefined);
  await insertOne(store, { name: 1 });
  await expect(store.applySchema("", TEXTS, () => undefined)).rejects.toThrow(SchemaRefused);
  expect(items(store).documentType).toEqual({ type: "any" });
});

test("a closed store refuses work", async () => {
  const store = await memoryItemStore();
  await store.close();
  await expect(insertOne(store, { name: "a" })).rejects.toThrow("The store is closed");
});

describe("nested work", () => {
  test("can be rolled back alone, and is rolled back with the enclosing work", async () => {
    const store = await memoryItemStore();
    await store.mutate(async (transaction) => {
      insert(transaction, items(store), { name: "outer" });
      const failing = store.mutate((own) => {
        insert(own, items(store), { name: "undone" });
        return Promise.reject(new Error("on purpose"));
      });
      await Promise.all([insertOne(store, { name: "inner" }), expect(failing).rejects.toThrow("on purpose")]);
    });
    expect(names(store)).toEqual(["outer", "inner"]);
    const failing = store.mutate(async () => {
      await insertOne(store, { name: "undone, too" });
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(names(store)).toEqual(["outer", "inner"]);
  });

  test("may contain further nested work, and need not be awaited", async () => {
    const store = await memoryItemStore();
    const add = (name: Value) => insertOne(store, { name });
    await store.mutate(async () => {
      await store.mutate(() => store.mutate(() => add("deep")));
      void add("left alone");
    });
    expect(names(store)).toEqual(["deep", "left alone"]);
  });

  test("is independent in another store, and after the enclosing work has ended", async () => {
    const [store, other] = [await memoryItemStore(), await memoryItemStore()];
    const ended = gate();
    let later: Promise<unknown> = Promise.resolve();
    const failing = store.mutate(async () => {
      await insertOne(other, { name: "other" });
      later = ended.promise.then(() => insertOne(store, { name: "later" }));
      await other.mutate(() => insertOne(store, { name: "within two" }));
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    ended.open();
    await later;
    expect(names(other)).toEqual(["other"]);
    expect(names(store)).toEqual(["later"]);
  });
});

function gate(): { promise: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}
