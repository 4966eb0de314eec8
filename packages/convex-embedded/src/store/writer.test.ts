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
import { WalSync } from "./walSync";
import { SnapshotPool } from "./snapshots";
import { Connection } from "./sqlite";
import type { Store, Transaction } from "./types";
import { WriterStopped } from "./failedCommit";
import { StoreUnavailable } from "./unavailable";
import { Writer } from "./writer";
import { WriteConnection } from "./writeConnection";

describe("an execution", () => {
  test("that rejects is rolled back without the other executions of its group", async () => {
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

  test("that throws before it returns a promise is rejected like any other", async () => {
    const store = await itemStore();
    const thrown = store.mutate(() => {
      throw new Error("on purpose");
    });
    const next = insertOne(store, { name: "b" });
    await expect(thrown).rejects.toThrow("on purpose");
    await next;
    expect(names(store)).toEqual(["b"]);
  });

  test("sees the writes of earlier executions in its group before queries see them", async () => {
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

  test("runs alone, even if it waits for long", async () => {
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

  test("cannot use its transaction after it has succeeded or failed", async () => {
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
    await expect(left).rejects.toThrow("open savepoint");
    expect(names(store)).toEqual([]);
  });
});

describe("savepoints", () => {
  test("nest: a rollback of the outer one also undoes a released inner one", async () => {
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

  test("must end once, the innermost first", async () => {
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

  test("undo new tables on rollback, and free their numbers", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => {
      const savepoint = transaction.savepoint();
      const lost = transaction.createTable("", "lost");
      insert(transaction, lost, {});
      savepoint.rollback();
      expect(store.catalog.table("", "lost")).toBeNull();
      const [internal, document] = newDocument(lost, {});
      expect(() => transaction.insert(lost, internal, document)).toThrow('Table "lost" does not exist');
      expect(transaction.createTable("", "kept").number).toBe(lost.number);
    });
    expect(store.catalog.table("", "kept")).not.toBeNull();
  });
});

describe("tables created during an execution", () => {
  test("are committed or rolled back with it", async () => {
    const directory = temporaryDirectory();
    const store = testStore({ directory });
    const failing = store.mutate(async (transaction) => {
      await Promise.resolve(transaction.createTable("", "a"));
      throw new Error("no");
    });
    const created = inTransaction(store, (transaction) => transaction.createTable("child", "b"));
    await expect(failing).rejects.toThrow("no");
    const { number } = await created;
    expect(store.catalog.table("", "a")).toBeNull();
    await store.close();
    const reopened = testStore({ directory });
    expect(reopened.catalog.tableByNumber("child", number)).toMatchObject({ name: "b", component: "child" });
    expect(reopened.catalog.table("", "b")).toBeNull();
  });
});

/** Opens a store, one of whose commits fails on demand. */
async function failingStore() {
  let fails = false;
  const beforeCommit = () => {
    if (!fails) return;
    fails = false;
    throw new Error("the disk is gone");
  };
  const store = await itemStore({ hooks: { beforeCommit } });
  return { store, failNextCommit: () => void (fails = true) };
}

describe("group commit", () => {
  // A group also ends after some milliseconds, so fake the clock: a busy machine may be slow.
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

  test("an execution that arrives with the next events joins a group that has run all its work", async () => {
    const store = await itemStore();
    await new Promise(setImmediate);
    const before = store.stats().commits;
    const next = new Promise((resolve) => setImmediate(() => resolve(insertOne(store, { name: "b" }))));
    await Promise.all([insertOne(store, { name: "a" }), next]);
    expect(store.stats().commits - before).toBe(1);
  });

  test("in a stream of writes none waits for long: a group contains the writes of one turn of the event loop", async () => {
    const store = await itemStore();
    const answered: number[] = [];
    for (let i = 0; i < 20; i++) {
      void insertOne(store, { name: `n${i}` }).then(() => answered.push(i));
      await new Promise(setImmediate);
      // The last write may still wait for its turn.
      expect(answered.length).toBeGreaterThanOrEqual(i - 1);
    }
  });

  test("the size of a group is bounded", async () => {
    const store = await itemStore();
    const before = store.stats().commits;
    await Promise.all(Array.from({ length: 600 }, (_, i) => insertOne(store, { name: `n${i}` })));
    expect(store.stats().commits - before).toBe(3);
  });

  test("results and errors are returned only after the commit", async () => {
    const log: string[] = [];
    const store = await itemStore({ hooks: { beforeCommit: () => log.push("commit") } });
    log.length = 0;
    await Promise.allSettled([
      insertOne(store, { name: "a" }).then(() => log.push("answer")),
      store.mutate(() => Promise.reject(new Error("no"))).catch(() => log.push("refusal")),
    ]);
    expect(log).toEqual(["commit", "answer", "refusal"]);
  });

  test("a failed commit rejects its whole group and writes nothing, and the next commit works", async () => {
    const { store, failNextCommit } = await failingStore();
    failNextCommit();
    const outcomes = await Promise.allSettled([
      insertOne(store, { name: "a" }),
      inTransaction(store, (transaction) => transaction.createTable("", "lost")),
      insertOne(store, { name: "b" }),
    ]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).toEqual(
      Array(3).fill("CommitFailed: The commit failed: the disk is gone. Nothing was written."),
    );
    expect(names(store)).toEqual([]);
    expect(store.catalog.table("", "lost")).toBeNull();
    await insertOne(store, { name: "c" });
    expect(names(store, "by_name")).toEqual(["c"]);
  });

  test("after a failed commit, the own error of an execution stays if it has seen no write that is undone", async () => {
    const { store, failNextCommit } = await failingStore();
    failNextCommit();
    const fail = () => store.mutate(() => Promise.reject(new Error("its own reason")));
    const outcomes = await Promise.allSettled([fail(), insertOne(store, { name: "a" }), fail()]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).toEqual([
      "Error: its own reason",
      "CommitFailed: The commit failed: the disk is gone. Nothing was written.",
      "CommitFailed: The commit failed: the disk is gone. Nothing was written.",
    ]);
  });

  test("if an execution cannot be rolled back, its group fails, and the callbacks of the execution run", async () => {
    const store = testStore();
    let settled = 0;
    const failing = store.exclusive((writes, transaction) => {
      transaction.onSettled(() => settled++);
      // Without its savepoint, it cannot be rolled back, as after an I/O error.
      writes.db.exec("RELEASE execution");
      return Promise.reject(new Error("no"));
    });
    await expect(failing).rejects.toThrow("The commit failed");
    await inTransaction(store, (transaction) => transaction.createTable("", "later"));
    expect(settled).toBe(1);
    expect(store.catalog.table("", "later")).not.toBeNull();
  });

  test("an error that rolls back SQLite's whole transaction rejects the group, even if the work catches it", async () => {
    const directory = temporaryDirectory();
    const store = await itemStore({ directory });
    // Simulates a full disk, which also ends the whole transaction, not only the statement.
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
    // Work that fails with the transaction gets the error of the commit, so that it can be retried.
    const failed = insertOne(store, { name: "boom" });
    await expect(failed).rejects.toThrow("The commit failed: the disk is full. Nothing was written.");
    await expect(failed).rejects.toBeInstanceOf(StoreUnavailable);
    await insertOne(store, { name: "c" });
    expect(names(store)).toEqual(["c"]);
  });
});

test.each([true, false])(
  "the log is synced in the thread that the pace of the disk demands (fast: %s)",
  async (fast) => {
    const directory = temporaryDirectory();
    const recorded: number[] = [];
    const pace = { isFast: () => fast, record: (_now: number, took: number) => void recorded.push(took) };
    const returned: unknown[] = [];
    class WatchedSync extends WalSync {
      override sync(inBackground: boolean): Promise<void> | undefined {
        returned.push(super.sync(inBackground));
        return returned.at(-1) as Promise<void> | undefined;
      }
    }
    const store = await itemStore({
      directory,
      hooks: { sync: new WatchedSync(join(directory, "data.sqlite"), 4096, pace) },
    });
    await insertOne(store, { name: "a" });
    expect(names(store)).toEqual(["a"]);
    expect(returned.map((promise) => promise === undefined)).toEqual(returned.map(() => fast));
    expect(recorded).toHaveLength(fast ? returned.length : 0);
  },
);

test("a group with many pages is synced in another thread, also on a fast disk", async () => {
  const threads: boolean[] = [];
  const sync = {
    inBackground: false,
    sync(inBackground: boolean) {
      threads.push(inBackground);
      return inBackground ? Promise.resolve() : undefined;
    },
    truncate: () => undefined,
    close: () => undefined,
  };
  const store = await itemStore({ hooks: { sync } });
  threads.length = 0;
  await insertOne(store, { name: "small" });
  await inTransaction(store, (transaction) => {
    for (let i = 0; i < 5; i++)
      insert(transaction, items(store), { name: `${i}`, text: "x".repeat(1_000_000) });
  });
  expect(threads).toEqual([false, true]);
  expect(names(store)).toHaveLength(6);
});

test("a group on a fast disk is answered in the turn of its commit, with the whole queue in it", async () => {
  const sync = {
    inBackground: false,
    sync: () => undefined,
    truncate: () => undefined,
    close: () => undefined,
  };
  const turns: string[] = [];
  const afterCommit = (): void => void setImmediate(() => turns.push("next"));
  const store = await itemStore({ hooks: { sync, afterCommit } });
  const before = store.stats().commits;
  await new Promise(setImmediate);
  turns.length = 0;
  await Promise.all(Array.from({ length: 20 }, (_, i) => insertOne(store, { name: `n${i}` })));
  expect(turns).toEqual([]);
  expect(store.stats().commits - before).toBe(1);
});

describe("while the log is synced in another thread", () => {
  /** A sync that the test ends. */
  class HeldSync {
    readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
    readonly truncatedTo: number[] = [];
    held = false;
    inBackground = true;

    sync(): Promise<void> | undefined {
      if (!this.inBackground) return undefined;
      if (!this.held) return Promise.resolve();
      return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
    }

    truncate(pages: number): void {
      this.truncatedTo.push(pages);
    }

    close(): void {
      this.held = false;
    }
  }

  async function held(beforeCommit?: () => void) {
    const sync = new HeldSync();
    const commits: number[] = [];
    const afterCommit = (): void => void commits.push(sync.waiting.length);
    const store = await itemStore({ hooks: { sync, afterCommit, ...(beforeCommit && { beforeCommit }) } });
    sync.held = true;
    const committed = async (count: number) => vi.waitUntil(() => commits.length >= count, { interval: 1 });
    commits.length = 0;
    return { store, sync, committed };
  }

  test("the next group runs and sees it, but queries see neither before they are durable", async () => {
    const { store, sync, committed } = await held();
    const last = store.writeLog.last;
    const first = insertOne(store, { name: "a" });
    await committed(1);
    const second = store.mutate(async (transaction) => {
      insert(transaction, items(store), { name: "b" });
      await Promise.resolve();
      return collect(transaction, indexOf(items(store), "by_name")).length;
    });
    await committed(2);
    expect([names(store), store.writeLog.last]).toEqual([[], last]);

    sync.waiting[0]?.resolve();
    await first;
    expect([names(store), store.writeLog.last]).toEqual([["a"], last + 1]);

    await vi.waitUntil(() => sync.waiting.length === 2, { interval: 1 });
    sync.waiting[1]?.resolve();
    expect(await second).toBe(2);
    expect([names(store, "by_name"), store.writeLog.last]).toEqual([["a", "b"], last + 2]);
  });

  test("a group that is synced in this thread waits for a sync that runs in the thread pool, and so do the queries", async () => {
    const { store, sync, committed } = await held();
    const last = store.writeLog.last;
    const first = insertOne(store, { name: "a" });
    await committed(1);
    sync.inBackground = false;
    const second = insertOne(store, { name: "b" });
    await committed(2);
    expect([names(store), store.writeLog.last]).toEqual([[], last]);
    sync.waiting[0]?.resolve();
    await Promise.all([first, second]);
    expect([names(store, "by_name"), store.writeLog.last]).toEqual([["a", "b"], last + 2]);
    await insertOne(store, { name: "c" });
    expect(names(store, "by_name")).toEqual(["a", "b", "c"]);
  });

  test("one later sync serves all groups that are committed meanwhile", async () => {
    const { store, sync, committed } = await held();
    const writes = [insertOne(store, { name: "a" })];
    for (const [i, name] of ["b", "c", "d"].entries()) {
      await committed(i + 1);
      writes.push(insertOne(store, { name }));
    }
    await committed(4);
    sync.waiting[0]?.resolve();
    await vi.waitUntil(() => sync.waiting.length === 2, { interval: 1 });
    sync.waiting[1]?.resolve();
    await Promise.all(writes);
    expect(sync.waiting).toHaveLength(2);
    expect(names(store, "by_name")).toEqual(["a", "b", "c", "d"]);
  });

  test("the other half of a long queue runs", async () => {
    const { store, sync, committed } = await held();
    let answered = 0;
    const writes = Array.from({ length: 20 }, (_, i) =>
      insertOne(store, { name: `n${i}` }).then(() => answered++),
    );
    // The second group is committed while the first is synced.
    await committed(2);
    sync.waiting[0]?.resolve();
    await vi.waitUntil(() => sync.waiting.length === 2, { interval: 1 });
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThanOrEqual(10);
    sync.held = false;
    sync.waiting[1]?.resolve();
    await Promise.all(writes);
  });

  test("a schema change waits until it is durable, before the next group begins", async () => {
    const { store, sync, committed } = await held();
    const change = store.applySchema("other", null, () => undefined);
    await committed(1);
    let begun = false;
    const after = store.mutate(() => Promise.resolve(void (begun = true)));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    expect(begun).toBe(false);
    sync.waiting[0]?.resolve();
    await change;
    await committed(2);
    sync.waiting[1]?.resolve();
    await after;
  });

  test("a failed sync refuses its groups and all later writes, and queries keep the durable state", async () => {
    const { store, sync, committed } = await held();
    const first = insertOne(store, { name: "a" });
    await committed(1);
    const second = insertOne(store, { name: "b" });
    await committed(2);
    sync.waiting[0]?.reject(new Error("EIO: i/o error, fdatasync"));
    const reason =
      "The disk could not store a commit: EIO: i/o error, fdatasync. Nothing was written. " +
      "Check the disk and restart the process. All acknowledged writes are in the database.";
    for (const write of [first, second, insertOne(store, { name: "c" })]) {
      await expect(write).rejects.toThrow(reason);
      await expect(write).rejects.toBeInstanceOf(WriterStopped);
    }
    expect(names(store)).toEqual([]);
    expect(sync.truncatedTo).toHaveLength(1);
  });

  test("a commit that fails answers its executions only once the groups that they may have read are durable", async () => {
    let fails = false;
    const { store, sync, committed } = await held(() => {
      if (fails) throw new Error("disk full");
    });
    const first = insertOne(store, { name: "a" });
    await committed(1);
    fails = true;
    const later = store.mutate(() => Promise.reject(new Error("a exists")));
    await vi.waitUntil(() => store.figures().failedCommits === 1, { interval: 1 });
    sync.waiting[0]?.reject(new Error("EIO"));
    for (const write of [first, later]) await expect(write).rejects.toBeInstanceOf(WriterStopped);
  });

  test("the number of groups that wait for a sync is bounded, because each keeps a connection open", async () => {
    const { store, sync, committed } = await held();
    const writes: Promise<unknown>[] = [];
    for (let i = 1; i <= 16; i++) {
      writes.push(insertOne(store, { name: `n${i}` }));
      await committed(i);
    }
    writes.push(insertOne(store, { name: "one more" }));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(store.stats().readers).toBe(17);
    sync.held = false;
    for (const { resolve } of sync.waiting) resolve();
    await Promise.all(writes);
    expect(names(store)).toHaveLength(17);
  });

  test("closing the store waits for the sync", async () => {
    const { store, sync, committed } = await held();
    const write = insertOne(store, { name: "a" });
    await committed(1);
    const closing = store.close();
    sync.waiting[0]?.resolve();
    await Promise.all([write, closing]);
    await expect(insertOne(store, { name: "b" })).rejects.toThrow("The store is closed");
  });
});

test("a writer that cannot return to a known state stops and rejects all work", async () => {
  const file = join(temporaryDirectory(), "data.sqlite");
  const db = openWriteConnection(file);
  const writes = new WriteConnection(db, null);
  const snapshots = new SnapshotPool(file, 1, writes.catalog);
  const writer = new Writer(writes, snapshots, {
    clock: new CommitClock(db, Date.now),
    wal: new WalCheckpoint(db, snapshots, 1e9),
    sync: null,
    // The connection is lost permanently.
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

  test("replace their placeholders in documents and indexes after the work has succeeded", async () => {
    const store = await itemStore({ now: () => 1_700_000_000_000 });
    const committed = await inTransaction(store, (transaction) => {
      const internal = insert(transaction, items(store), {
        owner: "a",
        rank: placeholder,
        list: [{ at: placeholder }],
      });
      insert(transaction, items(store), { owner: "a", rank: 5n, text: '{"$commitTs":null}' });
      // Until then the document contains the placeholder, which sorts after every timestamp.
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

  test("increase with each execution, even if the clock is set back or the store restarts", async () => {
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

  test("increase also after a savepoint that took one was rolled back", async () => {
    const directory = temporaryDirectory();
    let now = 2_000;
    const first = testStore({ directory, now: () => now });
    const taken = await inTransaction(first, (transaction) => {
      const savepoint = transaction.savepoint();
      transaction.commitTs();
      savepoint.rollback();
      return transaction.commitTs();
    });
    await first.close();
    now = 1_000;
    const second = testStore({ directory, now: () => now });
    expect(await inTransaction(second, (transaction) => transaction.commitTs())).toBeGreaterThan(taken);
  });

  test("in rolled-back documents are not resolved", async () => {
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
