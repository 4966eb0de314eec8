import { expect, test } from "vitest";
import { WriteLog, WriteSet } from "./writeLog";
import { testStore } from "./storeForTests";

test("if more documents change than the log keeps, all documents of their tables count as changed", () => {
  const changes = new WriteLog();
  const write = (from: number, count: number) => {
    const writeSet = new WriteSet();
    for (let i = from; i < from + count; i++) writeSet.add(1, `document ${i}`);
    changes.append([writeSet]);
  };
  write(0, 1);
  const since = changes.last;
  write(1, 1);
  expect(changes.changedDocument(1, "document 0", since)).toBe(false);
  expect(changes.changedDocument(1, "document 1", since)).toBe(true);
  for (let i = 2; i < 10_000; i += 100) write(i, 100);
  expect(changes.changedDocument(1, "document 0", since)).toBe(true);
  expect(changes.changedDocument(2, "document 0", since)).toBe(false);

  const before = changes.last;
  write(20_000, 1_000);
  expect(changes.changedDocument(1, "document 0", before)).toBe(true);
  const last = changes.last;
  expect(changes.changedDocument(1, "document 0", last)).toBe(false);
  changes.appendUnknown();
  expect(changes.changedTable(2, last)).toBe(true);
});

test("a range counts as changed after a write in it, or after more writes than the log keeps", () => {
  const changes = new WriteLog();
  const write = (...keys: string[]) => {
    const writeSet = new WriteSet();
    const entries = keys.map((key) => ({ index: 7, key: Buffer.from(key) }));
    writeSet.add(1, `document ${keys.join()}`, entries);
    changes.append([writeSet]);
  };
  const range = { start: "b", end: "d" };
  const changed = (since: number) => changes.changedRange(1, 7, range, since);
  const since = changes.last;
  write("a", "d");
  expect(changed(since)).toBe(false);
  expect(changes.changedRange(1, -1, range, since)).toBe(true);
  expect(changes.changedRange(2, 7, range, since)).toBe(false);
  write("e", "b", "f");
  expect(changed(since)).toBe(true);
  const later = changes.last;
  for (let i = 0; i < 1_000; i++) write("e");
  expect(changed(later)).toBe(false);
  expect(changed(later - 1)).toBe(true);
  for (let i = 0; i < 2_000; i++) write("e");
  expect(changed(later)).toBe(true);

  const many = changes.last;
  write(...Array.from({ length: 5_000 }, (_, i) => `e${i}`));
  expect(changed(many)).toBe(true);
});

test("of long keys, the log keeps fewer", () => {
  const changes = new WriteLog();
  const write = (key: string) => {
    const writeSet = new WriteSet();
    writeSet.add(1, key, [{ index: 7, key: Buffer.from(key) }]);
    changes.append([writeSet]);
  };
  const since = changes.last;
  const changed = () => changes.changedRange(1, 7, { start: "b", end: "d" }, since);
  for (let i = 0; i < 9; i++) write("e".repeat(100_000));
  expect(changed()).toBe(false);
  for (let i = 0; i < 9; i++) write("e".repeat(100_000));
  expect(changed()).toBe(true);
});

test("a failed transaction counts only if it created a table, which queries may have seen", async () => {
  const store = testStore();
  await store.mutate((transaction) => Promise.resolve(transaction.createTable("", "items")));
  const before = store.writeLog.last;
  const fail = (name: string) =>
    store.mutate((transaction) => {
      transaction.createTable("", name);
      return Promise.reject(new Error("on purpose"));
    });
  await expect(fail("items")).rejects.toThrow("on purpose");
  expect(store.writeLog.changedTable(1, before)).toBe(false);
  await expect(fail("later")).rejects.toThrow("on purpose");
  expect(store.writeLog.changedTable(1, before)).toBe(true);
});
