import { join } from "node:path";
import { convexToJson } from "convex/values";
import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { encodeId, newInternalId } from "../values/ids";
import { encodeKey, prefixEnd } from "../values/keys";
import { DATABASE_FILE } from "./directory";
import { Connection } from "./sqlite";
import { openStore } from "./store";
import {
  collect,
  ALL_KEYS,
  indexOf,
  insert,
  inTransaction,
  insertOne,
  items,
  itemStore,
  names,
  newDocument,
  temporaryDirectory,
  testStore,
} from "./storeForTests";

describe("documents", () => {
  test("are read back as their Convex JSON, including system fields", async () => {
    const store = await itemStore();
    const fields = {
      big: 5n,
      bytes: Uint8Array.of(1, 2).buffer,
      nan: NaN,
      zero: -0,
      text: "\0😀",
      list: [null, { a: true }],
    };
    const [internal, document] = newDocument(items(store), fields);
    await inTransaction(store, (transaction) => {
      transaction.insert(items(store), internal, document);
      expect(transaction.get(items(store), internal)).not.toBeNull();
    });
    const snapshot = store.snapshot();
    const json = snapshot.get(items(store), internal);
    expect(json).toBe(JSON.stringify(convexToJson(document)));
    snapshot.release();
  });

  test("that do not exist are null, even if another table has the id", async () => {
    const store = await itemStore();
    const internal = await insertOne(store, { name: "a" });
    const other = await inTransaction(store, (transaction) => transaction.createTable("", "others"));
    const snapshot = store.snapshot();
    expect(snapshot.get(items(store), newInternalId())).toBeNull();
    expect(snapshot.get(other, internal)).toBeNull();
    snapshot.release();
  });

  test("cannot be inserted twice, and cannot be replaced or deleted if they do not exist", async () => {
    const store = await itemStore();
    const [internal, document] = newDocument(items(store), { name: "a" });
    await inTransaction(store, (transaction) => {
      const table = items(store);
      expect(() => transaction.replace(table, internal, document)).toThrow(
        `Document ${document._id} does not exist in "items"`,
      );
      expect(() => transaction.remove(table, internal)).toThrow("does not exist");
      transaction.insert(table, internal, document);
      expect(() => transaction.insert(table, internal, document)).toThrow("a document with this id exists");
    });
    expect(names(store)).toEqual(["a"]);
  });

  test("that were read before another write are replaced in their present state", async () => {
    const store = await itemStore();
    const [internal, document] = newDocument(items(store), { name: "a" });
    await inTransaction(store, (transaction) => {
      const table = items(store);
      const read = (): string | null =>
        transaction.scan(indexOf(table, "by_name"), ALL_KEYS, "asc").next()?.json ?? null;
      const found = (): Value | undefined => transaction.find(table, internal)?.document["name"];
      transaction.insert(table, internal, document);
      const savepoint = transaction.savepoint();
      transaction.replace(table, internal, { ...document, name: "b" });
      expect([read(), found()]).toEqual([transaction.get(table, internal), "b"]);
      savepoint.rollback();
      expect(found()).toBe("a");
      transaction.remove(table, internal);
      expect([found(), transaction.get(table, internal)]).toEqual([undefined, null]);
    });
  });

  test("that another process has changed are read anew by the next transaction", async () => {
    const directory = temporaryDirectory();
    const store = await itemStore({ directory });
    const internal = await insertOne(store, { name: "a" });
    const read = () =>
      inTransaction(store, (transaction) => transaction.find(items(store), internal)?.document["name"]);
    expect(await read()).toBe("a");
    const other = new Connection(join(directory, DATABASE_FILE));
    other.exec(`UPDATE documents SET json = replace(json, '"a"', '"b"')`);
    other.close();
    expect(await read()).toBe("b");
  });

  test("with the same internal id in two tables are told apart, also right after a read", async () => {
    const store = await itemStore();
    const [internal, document] = newDocument(items(store), { name: "a" });
    await inTransaction(store, (transaction) => {
      const table = items(store);
      const others = transaction.createTable("", "others");
      const other = { ...document, _id: encodeId(others.number, internal), name: "other" };
      transaction.insert(table, internal, document);
      transaction.insert(others, internal, other);
      const reads = [
        () => transaction.get(table, internal),
        () => transaction.scan(indexOf(table, "by_name"), ALL_KEYS, "asc").next(),
        () => transaction.scan(indexOf(table, "by_id"), ALL_KEYS, "asc").next(),
      ];
      for (const read of reads) {
        expect(read()).not.toBeNull();
        expect(transaction.find(others, internal)?.document["name"]).toBe("other");
        expect(read()).not.toBeNull();
        expect(transaction.find(table, internal)?.document["name"]).toBe("a");
      }
    });
  });

  test.each<[Value, Value]>([
    [0, -0],
    [NaN, 1],
    [["a"], ["b"]],
    [{ x: 1 }, { x: 2 }],
    [null, ""],
  ])("move in their indexes when a field changes from %j to %j", async (before, after) => {
    const store = await itemStore();
    const [internal, document] = newDocument(items(store), { name: before, rank: 1 });
    const key = (value: Value) => ({ start: encodeKey([value]), end: prefixEnd(encodeKey([value])) });
    await inTransaction(store, (transaction) => {
      transaction.insert(items(store), internal, document);
      transaction.replace(items(store), internal, { ...document, name: after });
      const found = [before, after].map(
        (value) => transaction.scan(indexOf(items(store), "by_name"), key(value), "asc").next() !== null,
      );
      expect(found).toEqual([false, true]);
      transaction.remove(items(store), internal);
      expect(transaction.scan(indexOf(items(store), "by_name"), ALL_KEYS, "asc").next()).toBeNull();
    });
  });

  test("survive a restart of the store", async () => {
    const directory = temporaryDirectory();
    const first = await itemStore({ directory });
    await insertOne(first, { name: "a" });
    await first.close();
    const second = testStore({ directory });
    expect(names(second, "by_name")).toEqual(["a"]);
  });
});

describe("scans", () => {
  test("read an index in both orders, missing fields first, ties by creation", async () => {
    const store = await itemStore();
    for (const name of ["b", undefined, "a", "b"])
      await insertOne(store, name === undefined ? { n: 0 } : { name });
    await insertOne(store, { name: "b", n: 1 });
    expect(names(store, "by_name")).toEqual([undefined, "a", "b", "b", "b"]);
    const snapshot = store.snapshot();
    const index = indexOf(items(store), "by_name");
    const times = collect(snapshot, index, "desc").map((document) => document["_creationTime"] as number);
    expect(times.slice(0, 3)).toEqual([...times.slice(0, 3)].sort((a, b) => b - a));
    snapshot.release();
  });

  test("read a half-open range of keys", async () => {
    const store = await itemStore();
    for (let rank = 0; rank < 20; rank++)
      await insertOne(store, { name: `n${rank}`, owner: `o${rank % 2}`, rank });
    const index = indexOf(items(store), "by_owner_rank");
    const snapshot = store.snapshot();
    const range = { start: encodeKey(["o1", 5]), end: encodeKey(["o1", 11]) };
    expect(collect(snapshot, index, "asc", range).map(({ rank }) => rank)).toEqual([5, 7, 9]);
    const owner = encodeKey(["o0"]);
    const all = { start: owner, end: prefixEnd(owner) };
    expect(collect(snapshot, index, "desc", all).map(({ rank }) => rank)).toEqual([
      18, 16, 14, 12, 10, 8, 6, 4, 2, 0,
    ]);
    snapshot.release();
  });

  test("resume from the key of any row", async () => {
    const store = await itemStore();
    for (let i = 0; i < 30; i++) await insertOne(store, { name: `n${i % 7}` });
    const snapshot = store.snapshot();
    for (const { name } of items(store).indexes) {
      const index = indexOf(items(store), name);
      const all = collect(snapshot, index);
      const cursor = snapshot.scan(index, ALL_KEYS, "asc");
      for (let i = 1; i <= all.length; i++) {
        const row = cursor.next();
        const start = Buffer.concat([row?.key ?? Buffer.alloc(0), Buffer.alloc(1)]);
        expect(collect(snapshot, index, "asc", { ...ALL_KEYS, start })).toEqual(all.slice(i));
        const end = row?.key ?? Buffer.alloc(0);
        expect(collect(snapshot, index, "asc", { ...ALL_KEYS, end })).toEqual(all.slice(0, i - 1));
      }
    }
    snapshot.release();
  });

  test("return documents that are much larger than a batch", async () => {
    const store = await itemStore();
    for (let i = 0; i < 30; i++)
      await insertOne(store, { name: `n${i}`, text: "x".repeat(i < 10 ? 10 : 400_000) });
    expect(names(store)).toHaveLength(30);
    expect(names(store, "by_id", "desc")).toHaveLength(30);
  });

  test("see rows that their own transaction writes ahead, and not rows that it removes", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => {
      const table = items(store);
      const inserted = ["a", "c", "e", "g"].map((name) => insert(transaction, table, { name }));
      const cursor = transaction.scan(indexOf(table, "by_name"), ALL_KEYS, "asc");
      const next = (): unknown => (JSON.parse(cursor.next()?.json ?? "{}") as { name?: unknown }).name;
      expect(next()).toBe("a");
      insert(transaction, table, { name: "b" });
      insert(transaction, table, { name: "A" });
      transaction.remove(table, inserted[1] ?? Buffer.alloc(0));
      expect(next()).toBe("b");
      const [, renamed] = newDocument(table, { name: "f" });
      const moved = inserted[2] ?? Buffer.alloc(0);
      transaction.replace(table, moved, { ...renamed, _id: encodeId(table.number, moved) });
      expect([next(), next(), next()]).toEqual(["f", "g", undefined]);
      // A cursor at its end continues if rows are inserted after it.
      insert(transaction, table, { name: "h" });
      expect([next(), next()]).toEqual(["h", undefined]);
    });
  });
});

describe("opening", () => {
  test("a directory that another store holds is refused until that store closes", async () => {
    const directory = temporaryDirectory();
    const holder = testStore({ directory });
    expect(() => openStore({ directory })).toThrow(`The data directory ${directory} is in use`);
    await holder.close();
    testStore({ directory });
  });

  test("a database of a newer format is refused and not changed", async () => {
    const directory = temporaryDirectory();
    await testStore({ directory }).close();
    const db = new Connection(join(directory, "data.sqlite"));
    db.exec("UPDATE meta SET value = '999' WHERE key = 'format'");
    db.close();
    expect(() => openStore({ directory })).toThrow("has format 999, written by a newer version");
    // The failed attempt has released the lock.
    expect(() => openStore({ directory })).toThrow("has format 999");
  });

  test("a database of another application is refused", () => {
    const directory = temporaryDirectory();
    const db = new Connection(join(directory, "data.sqlite"));
    db.exec("CREATE TABLE notes (text)");
    db.close();
    expect(() => openStore({ directory })).toThrow("not a database of this project");
  });
});

describe("closing", () => {
  test("finishes queued work and refuses new work", async () => {
    const directory = temporaryDirectory();
    const store = await itemStore({ directory });
    const queued = ["a", "b", "c"].map((name) => insertOne(store, { name }));
    const closed = store.close();
    await expect(insertOne(store, { name: "d" })).rejects.toThrow("The store is closed");
    await Promise.all([...queued, closed]);
    expect(names(testStore({ directory }))).toEqual(["a", "b", "c"]);
  });

  test("ends open snapshots", async () => {
    const store = await itemStore();
    const internal = await insertOne(store, { name: "a" });
    const table = items(store);
    const open = store.snapshot();
    open.get(table, internal);
    await store.close();
    expect(() => open.get(table, internal)).toThrow();
    open.release();
    expect(() => store.snapshot().get(table, internal)).toThrow("The store is closed");
  });
});
