import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  collect,
  ALL_KEYS,
  indexOf,
  insert,
  inTransaction,
  insertOne,
  items,
  itemStore,
  temporaryDirectory,
} from "./storeForTests";
import type { Snapshot, Store } from "./types";

function seen(store: Store, snapshot: Snapshot): unknown[] {
  return collect(snapshot, indexOf(items(store), "by_creation_time")).map(({ name }) => name);
}

describe("a snapshot", () => {
  test("keeps the state of its first read after later writes", async () => {
    const store = await itemStore();
    await insertOne(store, { name: "a" });
    const early = store.snapshot();
    expect(seen(store, early)).toEqual(["a"]);
    const cursor = early.scan(indexOf(items(store), "by_name"), ALL_KEYS, "asc");
    const internal = await insertOne(store, { name: "b" });
    const late = store.snapshot();
    expect(seen(store, late)).toEqual(["a", "b"]);
    await inTransaction(store, (transaction) => {
      transaction.remove(items(store), internal);
    });

    expect(seen(store, early)).toEqual(["a"]);
    expect([cursor.next() !== null, cursor.next()]).toEqual([true, null]);
    expect(seen(store, late)).toEqual(["a", "b"]);
    early.release();
    late.release();
  });

  test("is pinned by its first read, not by its creation", async () => {
    const store = await itemStore();
    const snapshot = store.snapshot();
    await insertOne(store, { name: "a" });
    expect(seen(store, snapshot)).toEqual(["a"]);
    snapshot.release();
  });

  test("does not see the writes of an open transaction", async () => {
    const store = await itemStore();
    const snapshot = store.snapshot();
    await store.mutate(async (transaction) => {
      transaction.createTable("", "other");
      expect(seen(store, snapshot)).toEqual([]);
      await Promise.resolve();
    });
    snapshot.release();
  });

  test("cannot be used after its release, nor can its cursors, and a second release does nothing", async () => {
    const store = await itemStore();
    const internal = await insertOne(store, { name: "a" });
    const other = store.snapshot();
    const snapshot = store.snapshot();
    const cursor = snapshot.scan(indexOf(items(store), "by_name"), ALL_KEYS, "asc");
    snapshot.get(items(store), internal);
    other.get(items(store), internal);
    snapshot.release();
    snapshot.release();
    expect(() => snapshot.get(items(store), internal)).toThrow("released");
    expect(() => cursor.next()).toThrow("released");
    expect(other.get(items(store), internal)).not.toBeNull();
    other.release();
  });
});

describe("the pool", () => {
  test("serves many snapshots of one state with one connection", async () => {
    const store = await itemStore();
    const { readers } = store.stats();
    const open = Array.from({ length: 50 }, () => store.snapshot());
    for (const snapshot of open) expect(seen(store, snapshot)).toEqual([]);
    expect(store.stats().readers).toBe(readers);
    for (const snapshot of open) snapshot.release();
  });

  test("grows beyond its size for snapshots of many states, then shrinks again", async () => {
    const store = await itemStore({ readers: 2, hooks: { sync: null } });
    const open: Snapshot[] = [];
    for (let i = 0; i < 12; i++) {
      const snapshot = store.snapshot();
      expect(seen(store, snapshot)).toHaveLength(i);
      open.push(snapshot);
      await insertOne(store, { name: `n${i}` });
    }
    expect(store.stats().readers).toBe(12);
    for (const [i, snapshot] of open.entries()) {
      expect(seen(store, snapshot)).toHaveLength(i);
      snapshot.release();
    }
    expect(store.stats().readers).toBe(2);
  });

  test("needs a reader only for the snapshots that are in use when a mutation begins", async () => {
    const store = await itemStore({ readers: 0, hooks: { sync: null } });
    await insertOne(store, { name: "a" });
    const [ended, used] = [store.snapshot(), store.snapshot()];
    for (const snapshot of [ended, used]) expect(seen(store, snapshot)).toEqual(["a"]);
    expect(store.stats().readers).toBe(0);
    ended.release();
    await inTransaction(store, (transaction) => {
      insert(transaction, items(store), { name: "b" });
      expect(seen(store, used)).toEqual(["a"]);
      expect(store.stats().readers).toBe(1);
    });
    expect(seen(store, used)).toEqual(["a"]);
    used.release();
    expect(store.stats().readers).toBe(0);
  });
});

test("if no reader can be opened, a mutation fails, and a snapshot keeps its state", async () => {
  const directory = temporaryDirectory();
  const store = await itemStore({ directory, readers: 0, hooks: { sync: null } });
  await insertOne(store, { name: "a" });
  const snapshot = store.snapshot();
  expect(seen(store, snapshot)).toEqual(["a"]);
  const file = join(directory, "data.sqlite");
  renameSync(file, `${file}.away`);
  await expect(insertOne(store, { name: "b" })).rejects.toThrow("unable to open database file");
  renameSync(`${file}.away`, file);
  expect(seen(store, snapshot)).toEqual(["a"]);
  await insertOne(store, { name: "c" });
  expect(seen(store, snapshot)).toEqual(["a"]);
  snapshot.release();
  const later = store.snapshot();
  expect(seen(store, later)).toEqual(["a", "c"]);
  later.release();
});

test("if only some readers can be opened when a mutation begins, none is left over", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "data.sqlite");
  const store = await itemStore({ directory, readers: 1, logBytes: 1, hooks: { sync: null } });
  await insertOne(store, { name: "x" });
  const pinned = () => {
    const snapshot = store.snapshot();
    seen(store, snapshot);
    return snapshot;
  };
  // The checkpoint after the commit retires the state of the first snapshot, so that the second one gets another.
  const first = await insertOne(store, { name: "a" }).then(pinned);
  await new Promise(setImmediate);
  const second = pinned();
  renameSync(file, `${file}.away`);
  await expect(insertOne(store, { name: "b" })).rejects.toThrow("unable to open database file");
  renameSync(`${file}.away`, file);
  await insertOne(store, { name: "c" });
  first.release();
  second.release();
  await store.close();
  // SQLite deletes the log when the last connection is closed.
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test("the log stays bounded although a query is always running", async () => {
  const directory = temporaryDirectory();
  const logBytes = 512 * 1024;
  const store = await itemStore({ directory, logBytes });
  let held = store.snapshot();
  let largest = 0;
  for (let i = 0; i < 100; i++) {
    held = await overlap(store, held, insertOne(store, { name: `n${i}`, text: "x".repeat(100_000) }));
    largest = Math.max(largest, statSync(join(directory, "data.sqlite-wal")).size);
  }
  held.release();
  expect(largest).toBeGreaterThan(logBytes);
  expect(largest).toBeLessThan(2 * logBytes);
});

/** Runs overlapping queries, each started before the previous one ends, until the work is done. */
async function overlap(store: Store, first: Snapshot, work: Promise<unknown>): Promise<Snapshot> {
  let held = first;
  const state = { done: false };
  void work.then(() => (state.done = true));
  while (!state.done) {
    const next = store.snapshot();
    pinSnapshot(store, next);
    held.release();
    held = next;
    await new Promise(setImmediate);
  }
  return held;
}

function pinSnapshot(store: Store, snapshot: Snapshot): void {
  snapshot.get(items(store), Buffer.alloc(16));
}
