import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Connection } from "./sqlite";
import { insertOne, itemStore, names, temporaryDirectory } from "./storeForTests";
import { StoreUnavailable } from "./unavailable";

/** Opens a store whose write lock another connection holds, as the `sqlite3` shell does after `BEGIN IMMEDIATE`. */
async function locked(patienceMs: number) {
  const directory = temporaryDirectory();
  const store = await itemStore({ directory, patienceMs });
  await insertOne(store, { name: "before" });
  const other = new Connection(join(directory, "data.sqlite"));
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  return { store, other };
}

test("a write waits for the lock of another process without blocking other work", async () => {
  const { store, other } = await locked(60_000);
  let settled = false;
  const write = insertOne(store, { name: "waited" }).finally(() => (settled = true));
  // The event loop turns, so the wait does not block it.
  for (let i = 0; i < 20; i++) {
    await turn();
    expect(names(store)).toEqual(["before"]);
  }
  expect(settled).toBe(false);
  other.exec("ROLLBACK");
  await write;
  expect(names(store)).toEqual(["before", "waited"]);
});

test("if a lock is held for too long, waiting writes are refused and later writes are refused immediately", async () => {
  const { store, other } = await locked(100);
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((name) => insertOne(store, { name })));
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(StoreUnavailable) as Error });
    expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/is locked by another process/);
  }
  // The limit has already passed, so this write is refused without a wait.
  await expect(insertOne(store, { name: "d" })).rejects.toThrow("is locked by another process");
  expect(names(store)).toEqual(["before"]);
  other.exec("ROLLBACK");
  await insertOne(store, { name: "after" });
  expect(names(store)).toEqual(["before", "after"]);
});
