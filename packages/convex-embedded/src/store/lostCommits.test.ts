/** Commits whose sync fails are refused, so they must not be in the database after a restart. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  insert,
  insertOne,
  inTransaction,
  items,
  itemStore,
  names,
  newDocument,
  temporaryDirectory,
  testStore,
} from "./storeForTests";
import { WalSync } from "./walSync";

/** Syncs in the thread that the test names, until the test lets it fail. */
class FailingSync extends WalSync {
  fails = false;
  slow = false;

  constructor(directory: string) {
    super(join(directory, "data.sqlite"), 4096);
  }

  override get inBackground(): boolean {
    return this.slow;
  }

  override sync(inBackground: boolean): Promise<void> | undefined {
    if (!this.fails) return super.sync(inBackground);
    if (!inBackground) throw new Error("EIO");
    return new Promise((_, reject) => setImmediate(() => reject(new Error("EIO"))));
  }
}

async function failingStore(logBytes?: number) {
  const directory = temporaryDirectory();
  const sync = new FailingSync(directory);
  const store = await itemStore({ directory, hooks: { sync }, ...(logBytes !== undefined && { logBytes }) });
  /** Returns the names after a restart. */
  const restarted = async (): Promise<unknown[]> => {
    await store.close();
    return names(testStore({ directory }), "by_name");
  };
  return { store, sync, restarted };
}

test("a lost commit and those after it are not in the database", async () => {
  const { store, sync, restarted } = await failingStore();
  for (const name of ["a", "b"]) await insertOne(store, { name, text: "x".repeat(20_000) });
  sync.fails = true;
  const refused = ["c", "d"].map((name) => insertOne(store, { name, text: "x".repeat(50_000) }));
  for (const write of refused) await expect(write).rejects.toThrow("Nothing was written");
  expect(names(store, "by_name")).toEqual(["a", "b"]);
  expect(await restarted()).toEqual(["a", "b"]);
});

test("nor is a lost commit that begins a log anew and has as many pages as the log before", async () => {
  // A checkpoint empties the log after each commit.
  const { store, sync, restarted } = await failingStore(1);
  for (const name of ["a", "b"]) await insertOne(store, { name });
  sync.fails = true;
  await expect(insertOne(store, { name: "c" })).rejects.toThrow("Nothing was written");
  expect(await restarted()).toEqual(["a", "b"]);
});

test("nor is a lost rewrite of all documents, which begins a log anew that is in the database", async () => {
  const { store, sync, restarted } = await failingStore();
  const table = items(store);
  const documents = Array.from({ length: 20 }, () => newDocument(table, {}));
  const write = (name: string, method: "insert" | "replace") =>
    inTransaction(store, (transaction) => {
      for (const [internal, document] of documents)
        transaction[method](table, internal, { ...document, name, text: name.repeat(900_000) });
    });
  await write("a", "insert");
  for (const name of "bcdefg") await write(name, "replace");
  sync.fails = true;
  await expect(write("h", "replace")).rejects.toThrow("Nothing was written");
  expect(new Set(await restarted())).toEqual(new Set(["g"]));
});

test("if the log could not be opened for its first sync, the error says that the write may be kept", async () => {
  const directory = temporaryDirectory();
  await (await itemStore({ directory })).close();
  const log = join(directory, "data.sqlite-wal");
  const store = testStore({ directory, hooks: { sync: new FailingSync(directory) } });
  const table = items(store);
  // SQLite opens the log at the first read.
  expect(names(store)).toEqual([]);
  renameSync(log, `${log}.away`);
  const write = inTransaction(store, (transaction) => insert(transaction, table, { name: "a" }));
  await expect(write).rejects.toThrow("After a restart, the write may be in the database");
  renameSync(`${log}.away`, log);
});

describe.each([1, 100_000, 2 ** 26])("with a log of at most %i bytes", (logBytes) => {
  test.each(Array.from({ length: 5 }, (_, i) => i + 1))(
    "after random writes, exactly the acknowledged ones are kept (seed %i)",
    async (seed) => {
      const random = randomFrom(seed);
      const { store, sync, restarted } = await failingStore(logBytes);
      const acknowledged: string[] = [];
      const writes: Promise<unknown>[] = [];
      const write = (name: string) =>
        writes.push(
          insertOne(store, { name, text: "x".repeat(random(30_000)) }).then(
            () => acknowledged.push(name),
            () => undefined,
          ),
        );
      for (let i = 10; i < 40; i++) {
        sync.slow = random(2) === 0;
        write(`n${i}`);
        if (random(3) > 0) await Promise.all(writes);
      }
      sync.fails = true;
      for (let i = 0; i < 3; i++) {
        write(`o${i}`);
        await new Promise(setImmediate);
      }
      await Promise.all(writes);
      expect(await restarted()).toEqual(acknowledged.sort());
    },
  );
});

/** Returns a function that returns the next random integer below a limit. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed * 104_729;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}
