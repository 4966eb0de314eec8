import { join } from "node:path";
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { encodeKey, prefixEnd } from "../values/keys";
import {
  collect,
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
import { CommitClock } from "./commitClock";
import { openWriteConnection } from "./layout";
import { WalCheckpoint } from "./walCheckpoint";
import { SnapshotPool } from "./snapshots";
import { Connection } from "./sqlite";
import type { Store, Transaction } from "./types";
import { WriterStopped } from "./failedCommit";
import { StoreUnavailable } from "./unavailable";
import { Writer } from "./writer";
import { WriteConnection } from "./writeConnection";

describe("an execution", () => {
  test("that rejects leaves nothing, and its neighbours everything", async () => {
    const store = await itemStore();
    const outcomes = await Promise.allSettled([
      insertOne(store, { name: "a" }),
      store.mutate(async (transaction) => {
        insert(transaction, items(store), { name: "b" });
        await Promise.resolve();
        throw new Error("no");
      }),
      insertOne(store, { name: "c" }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(names(store, "by_name")).toEqual(["a", "c"]);
  });

  test("sees what earlier ones of its group wrote, and queries do not yet", async () => {
    const store = await itemStore();
    const first = insertOne(store, { name: "a" });
    const seen = store.mutate(async (transaction) => {
      await Promise.resolve();
      const outside = names(store);
      const cursor = transaction.scan(
        indexOf(items(store), "by_name"),
        { start: Buffer.alloc(0), end: Buffer.from([255]) },
        "asc",
      );
      return { inside: cursor.next() !== null, outside };
    });
    expect(await seen).toEqual({ inside: true, outside: [] });
    await first;
    expect(names(store)).toEqual(["a"]);
  });

  test("runs alone, however long it waits", async () => {
    const store = await itemStore();
    const log: string[] = [];
    const step = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      log.push(`${name} ends`);
    };
    await Promise.all([store.mutate(step("a")), store.mutate(step("b"))]);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("cannot use its transaction afterwards, whether it succeeded or not", async () => {
    const store = await itemStore();
    const kept: Transaction[] = [];
    const keep = async (transaction: Transaction): Promise<void> => {
      kept.push(transaction);
      await Promise.resolve();
    };
    await store.mutate(keep);
    await expect(
      store.mutate(async (transaction) => {
        await keep(transaction);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    const [internal, document] = newDocument(items(store), {});
    for (const transaction of kept) {
      expect(() => transaction.insert(items(store), internal, document)).toThrow("has ended");
      expect(() => transaction.get(items(store), internal)).toThrow("has ended");
      expect(() => transaction.savepoint()).toThrow("has ended");
    }
  });

  test("must end its savepoints", async () => {
    const store = await itemStore();
    const left = store.mutate(async (transaction) => {
      insert(transaction, items(store), { name: "a" });
      await Promise.resolve(transaction.savepoint());
    });
    await expect(left).rejects.toThrow("savepoint open");
    expect(names(store)).toEqual([]);
  });
});

describe("savepoints", () => {
  test("nest: an inner one that is kept goes with an outer one that is not", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => {
      const put = (name: string): Buffer => insert(transaction, items(store), { name });
      put("a");
      const outer = transaction.savepoint();
      put("b");
      const inner = transaction.savepoint();
      put("c");
      inner.release();
      outer.rollback();
      const second = transaction.savepoint();
      put("d");
      const third = transaction.savepoint();
      put("e");
      third.rollback();
      second.release();
    });
    expect(names(store, "by_name")).toEqual(["a", "d"]);
  });

  test("end innermost first, and once", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => {
      const outer = transaction.savepoint();
      const inner = transaction.savepoint();
      expect(() => outer.release()).toThrow("not the innermost");
      inner.rollback();
      expect(() => inner.release()).toThrow("not the innermost");
      outer.release();
    });
  });

  test("take back tables made since, whose numbers are free again", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => {
      const savepoint = transaction.savepoint();
      const lost = transaction.createTable("", "lost");
      insert(transaction, lost, {});
      savepoint.rollback();
      expect(store.catalog.table("", "lost")).toBeNull();
      const [internal, document] = newDocument(lost, {});
      expect(() => transaction.insert(lost, internal, document)).toThrow('There is no table "lost"');
      expect(transaction.createTable("", "kept").number).toBe(lost.number);
    });
    expect(store.catalog.table("", "kept")).not.toBeNull();
  });
});

describe("tables made on the way", () => {
  test("stay with their execution: committed or gone", async () => {
    const directory = temporaryDirectory();
    const store = testStore({ directory });
    const failing = store.mutate(async (transaction) => {
      await Promise.resolve(transaction.createTable("", "a"));
      throw new Error("no");
    });
    const made = inTransaction(store, (transaction) => transaction.createTable("child", "b"));
    await expect(failing).rejects.toThrow("no");
    const { number } = await made;
    expect(store.catalog.table("", "a")).toBeNull();
    await store.close();
    const reopened = testStore({ directory });
    expect(reopened.catalog.tableByNumber("child", number)).toMatchObject({ name: "b", component: "child" });
    expect(reopened.catalog.table("", "b")).toBeNull();
  });
});

describe("group commit", () => {
  // A group ends after some milliseconds, too, of which a busy machine may need more.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  test("concurrent executions share commits", async () => {
    let commits = 0;
    const store = await itemStore({ hooks: { beforeCommit: () => commits++ } });
    const before = commits;
    await Promise.all(Array.from({ length: 100 }, (_, i) => insertOne(store, { name: `n${i}` })));
    expect(commits - before).toBe(1);
    expect(store.stats()).toMatchObject({ commits, executions: 101 });
  });

  test("an execution that arrives while the group runs joins it", async () => {
    const store = await itemStore();
    const before = store.stats().commits;
    let second: Promise<unknown> | undefined;
    await store.mutate(async () => {
      await new Promise(setImmediate);
      second = insertOne(store, { name: "b" });
    });
    await second;
    expect(store.stats().commits - before).toBe(1);
  });

  test("one that arrives with the next events joins a group that has nothing left to run", async () => {
    const store = await itemStore();
    const before = store.stats().commits;
    const next = new Promise((resolve) => setImmediate(() => resolve(insertOne(store, { name: "b" }))));
    await Promise.all([insertOne(store, { name: "a" }), next]);
    expect(store.stats().commits - before).toBe(1);
  });

  test("a stream of writes keeps none waiting: a group takes what one turn of the event loop brings", async () => {
    const store = await itemStore();
    const answered: number[] = [];
    for (let i = 0; i < 20; i++) {
      void insertOne(store, { name: `n${i}` }).then(() => answered.push(i));
      await new Promise(setImmediate);
      // The turn of the last one may still be to come.
      expect(answered.length).toBeGreaterThanOrEqual(i - 1);
    }
  });

  test("a group is bounded, so that a steady stream is answered", async () => {
    const store = await itemStore();
    const before = store.stats().commits;
    await Promise.all(Array.from({ length: 600 }, (_, i) => insertOne(store, { name: `n${i}` })));
    expect(store.stats().commits - before).toBe(3);
  });

  test("nobody is answered before the commit, not even who failed", async () => {
    const log: string[] = [];
    const store = await itemStore({ hooks: { beforeCommit: () => log.push("commit") } });
    log.length = 0;
    await Promise.allSettled([
      insertOne(store, { name: "a" }).then(() => log.push("answer")),
      store.mutate(() => Promise.reject(new Error("no"))).catch(() => log.push("refusal")),
    ]);
    expect(log).toEqual(["commit", "answer", "refusal"]);
  });

  test("a commit that fails rejects all of its group, keeps nothing, and the next one works", async () => {
    let failures = 0;
    const store = await itemStore({
      hooks: {
        beforeCommit() {
          if (failures > 0 && failures--) throw new Error("the disk is gone");
        },
      },
    });
    failures = 1;
    const outcomes = await Promise.allSettled([
      insertOne(store, { name: "a" }),
      inTransaction(store, (transaction) => transaction.createTable("", "lost")),
      store.mutate(() => Promise.reject(new Error("its own reason"))),
      insertOne(store, { name: "b" }),
    ]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).toEqual([
      "CommitFailed: The commit failed: the disk is gone. Nothing was written.",
      "CommitFailed: The commit failed: the disk is gone. Nothing was written.",
      "Error: its own reason",
      "CommitFailed: The commit failed: the disk is gone. Nothing was written.",
    ]);
    expect(names(store)).toEqual([]);
    expect(store.catalog.table("", "lost")).toBeNull();
    await insertOne(store, { name: "c" });
    expect(names(store, "by_name")).toEqual(["c"]);
  });

  test("an error that rolls back all of SQLite's transaction rejects the group, though the work caught it", async () => {
    const directory = temporaryDirectory();
    const store = await itemStore({ directory });
    // Stands for a full disk: it ends the whole transaction too, not the statement only.
    const other = new Connection(join(directory, "data.sqlite"));
    other.exec(`CREATE TRIGGER full BEFORE INSERT ON documents WHEN NEW.json LIKE '%boom%'
      BEGIN SELECT RAISE (ROLLBACK, 'the disk is full'); END`);
    other.close();
    const table = items(store);
    const outcomes = await Promise.allSettled([
      insertOne(store, { name: "a" }),
      store.mutate(async (transaction) => {
        expect(() => insert(transaction, table, { name: "boom" })).toThrow("the disk is full");
        const [internal, document] = newDocument(table, { name: "b" });
        expect(() => transaction.insert(table, internal, document)).toThrow(
          "rolled back by an error of the database",
        );
        await Promise.resolve();
      }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(names(store)).toEqual([]);
    // Work that fails with the transaction is told of the commit, so that it counts as work to be tried again.
    const failed = insertOne(store, { name: "boom" });
    await expect(failed).rejects.toThrow("The commit failed: the disk is full. Nothing was written.");
    await expect(failed).rejects.toBeInstanceOf(StoreUnavailable);
    await insertOne(store, { name: "c" });
    expect(names(store)).toEqual(["c"]);
  });
});

test("a writer that cannot get back to a known state stops, and says so to everyone", async () => {
  const file = join(temporaryDirectory(), "data.sqlite");
  const db = openWriteConnection(file, "FULL");
  const snapshots = new SnapshotPool(file, 1);
  const writer = new Writer(new WriteConnection(db), snapshots, {
    clock: new CommitClock(db, Date.now),
    wal: new WalCheckpoint(db, snapshots, 1e9),
    // The connection is lost for good.
    hooks: { beforeCommit: () => db.close() },
  });
  const work = (): Promise<void> => writer.run(() => Promise.resolve());
  const outcomes = await Promise.allSettled([work(), work()]);
  for (const outcome of [...outcomes, ...(await Promise.allSettled([work()]))]) {
    expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(WriterStopped) as Error });
    expect(String((outcome as PromiseRejectedResult).reason)).toContain(
      "The database can no longer be written",
    );
  }
});

describe("commit timestamps", () => {
  const placeholder = jsonToConvex({ $commitTs: null });

  test("take the place of their placeholders when the work has succeeded, in documents and indexes", async () => {
    const store = await itemStore({ now: () => 1_700_000_000_000 });
    const committed = await inTransaction(store, (transaction) => {
      const internal = insert(transaction, items(store), {
        owner: "a",
        rank: placeholder,
        list: [{ at: placeholder }],
      });
      insert(transaction, items(store), { owner: "a", rank: 5n, text: '{"$commitTs":null}' });
      // Until then the document holds the placeholder, which sorts behind every timestamp.
      expect(transaction.get(items(store), internal)).toContain("$commitTs");
      expect(collect(transaction, indexOf(items(store), "by_owner_rank"), "desc")[0]).toMatchObject({
        rank: { $commitTs: null },
      });
      return transaction.commitTs();
    });
    expect(committed).toBe(1_700_000_000_000_000_000n);

    const [resolved] = itemsBy(store, encodeKey(["a", committed]));
    expect(resolved).toMatchObject({ rank: committed, list: [{ at: committed }] });
    const [plain] = itemsBy(store, encodeKey(["a", 5n]));
    expect(plain).toMatchObject({ text: '{"$commitTs":null}' });
    expect(itemsBy(store, encodeKey(["a"]))).toHaveLength(2);
  });

  test("grow from one execution to the next, whatever the clock does, also across a restart", async () => {
    const directory = temporaryDirectory();
    let now = 2_000;
    const take = (store: Store): Promise<bigint> =>
      inTransaction(store, (transaction) => transaction.commitTs());
    const first = testStore({ directory, now: () => now });
    const taken = [await take(first), await take(first)];
    await first.close();
    now = 1_000;
    const second = testStore({ directory, now: () => now });
    taken.push(await take(second));
    expect(taken).toEqual([2_000_000_000n, 2_000_000_001n, 2_000_000_002n]);
  });

  test("in what was rolled back need no resolving", async () => {
    const store = await itemStore();
    await store.mutate(async (transaction) => {
      const savepoint = transaction.savepoint();
      insert(transaction, transaction.createTable("", "lost"), { at: placeholder });
      savepoint.rollback();
      const internal = insert(transaction, items(store), { name: "a", at: placeholder });
      transaction.remove(items(store), internal);
      await Promise.resolve();
    });
    expect(names(store)).toEqual([]);
  });
});

function itemsBy(store: Store, start: Buffer): Value[] {
  const snapshot = store.snapshot();
  const index = indexOf(items(store), "by_owner_rank");
  const found = collect(snapshot, index, "asc", { start, end: prefixEnd(start) });
  snapshot.release();
  return found.map((json) => jsonToConvex(json as JSONValue));
}
