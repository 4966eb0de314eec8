import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { backUp } from "../../backup/backup";
import { restore } from "../../backup/restore";
import { encodeId } from "../../values/ids";
import { Connection } from "../sqlite";
import { openStore } from "../store";
import { insert, items, schema, temporaryDirectory } from "../storeForTests";
import type { DiskStore, StoreOptions } from "../types";
import type { Change } from "./changeReads";

const ITEMS = schema({ items: { indexes: { by_name: ["name"] } } });
const START = Date.UTC(2026, 0, 1);

async function open(options: StoreOptions): Promise<DiskStore> {
  const store = openStore({ now: () => START, ...options });
  onTestFinished(() => store.close());
  await store.applySchema("", ITEMS, () => undefined);
  return store;
}

function changes(store: DiskStore, after?: bigint): readonly Change[] {
  return store.readChanges((reads) => reads.changesAfter(after ?? reads.window()?.since ?? 0n, 1_000).rows);
}

const names = (found: readonly Change[]): (string | null)[] =>
  found.map(({ json }) => (json === null ? null : (JSON.parse(json) as { name: string }).name));

const add = (store: DiskStore, name: string): Promise<Uint8Array> =>
  store.mutate((transaction) => Promise.resolve(insert(transaction, items(store), { name })));

test("a write that is rolled back is not in the log, alone or with its savepoint", async () => {
  const store = await open({ directory: temporaryDirectory(), changeLog: true });
  await expect(
    store.mutate((transaction) => {
      insert(transaction, items(store), { name: "thrown" });
      return Promise.reject(new Error("on purpose"));
    }),
  ).rejects.toThrow("on purpose");
  await store.mutate((transaction) => {
    insert(transaction, items(store), { name: "kept" });
    const savepoint = transaction.savepoint();
    insert(transaction, items(store), { name: "undone" });
    savepoint.rollback();
    return Promise.resolve();
  });
  expect(names(changes(store))).toEqual(["kept"]);
});

test("a document that changes again moves to the end of the log, and system tables are not in it", async () => {
  const store = await open({ directory: temporaryDirectory(), changeLog: true });
  const first = await add(store, "first");
  await add(store, "second");
  const [before] = changes(store);
  await store.mutate((transaction) => {
    transaction.remove(items(store), first);
    insert(transaction, transaction.createTable("", "_system"), { name: "hidden" });
    return Promise.resolve();
  });
  const found = changes(store);
  expect(names(found)).toEqual(["second", null]);
  expect(found[1]?.ts).toBeGreaterThan(before?.ts ?? 0n);
});

test("the documents of a table that an import drops are deletions, unless the import has them again", async () => {
  const store = await open({ directory: temporaryDirectory(), changeLog: true });
  const [kept, lost] = [await add(store, "kept"), await add(store, "lost")];
  const cursor = store.readChanges((reads) => reads.window()?.last ?? 0n);
  const { number } = items(store);
  await store.exclusive((writes, transaction) => {
    writes.dropTable(items(store));
    const table = writes.createTable("", "items", number);
    const _id = encodeId(number, kept);
    transaction.insert(table, kept, { _id, _creationTime: START, name: "again" });
    return Promise.resolve();
  });
  const found = changes(store, cursor);
  expect(found.map(({ internalId, json }) => [internalId.equals(lost), json === null])).toEqual([
    [true, true],
    [false, false],
  ]);
});

test("timestamps increase across restarts and when the clock is set back", async () => {
  const directory = temporaryDirectory();
  const first = await open({ directory, changeLog: true });
  await add(first, "first");
  await first.close();
  const second = await open({ directory, changeLog: true, now: () => START - 1_000_000 });
  await add(second, "second");
  const found = changes(second);
  expect(names(found)).toEqual(["first", "second"]);
});

test("a log goes on if the next program does not say, and is deleted if it says no", async () => {
  const directory = temporaryDirectory();
  const first = await open({ directory, changeLog: true });
  await add(first, "first");
  await first.close();
  const second = await open({ directory });
  await add(second, "second");
  expect(names(changes(second))).toEqual(["first", "second"]);
  await second.close();
  const third = await open({ directory, changeLog: false });
  await add(third, "third");
  expect(third.readChanges((reads) => reads.window())).toBe(null);
  expect(changes(third)).toEqual([]);
  await third.close();
  const fourth = await open({ directory });
  await add(fourth, "fourth");
  expect(changes(fourth)).toEqual([]);
});

test("a purge deletes the oldest changes in batches and moves the start of the log", async () => {
  let now = START;
  const store = await open({ directory: temporaryDirectory(), changeLog: true, now: () => now });
  for (const name of ["a", "b", "c"]) await add(store, name);
  now += 1_000;
  await add(store, "new");
  expect(await store.purgeChanges(now, 2)).toBe(2);
  expect(names(changes(store))).toEqual(["c", "new"]);
  expect(await store.purgeChanges(now, 2)).toBe(1);
  expect(await store.purgeChanges(now, 2)).toBe(0);
  expect(names(changes(store))).toEqual(["new"]);
  expect(await store.purgeChanges(now + 1, 2)).toBe(1);
  const window = store.readChanges((reads) => reads.window());
  expect(window?.last).toBe(window?.since);
});

test("a backup has no log, so that cursors from after the backup are refused after its restore", async () => {
  const directory = temporaryDirectory();
  const store = await open({ directory, changeLog: true });
  await add(store, "a");
  const file = join(temporaryDirectory(), "backup.zip");
  await backUp({ directory, file });
  await store.close();
  const data = join(temporaryDirectory(), "data");
  await restore({ file, directory: data, replace: false });
  const db = new Connection(join(data, "data.sqlite"));
  onTestFinished(() => db.close());
  expect(db.prepare("SELECT count(*) FROM document_changes").pluck().get()).toBe(0);
  expect(db.prepare("SELECT count(*) FROM meta WHERE key = 'changes_since'").pluck().get()).toBe(0);
});
