import { fileURLToPath } from "node:url";
import type { Value } from "convex/values";
import fc from "fast-check";
import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";
import { WriteLog, WriteSet } from "../store/writeLog";
import { ReadSet } from "./readSet";
import { QueryCache } from "./queryCache";

const project = fileURLToPath(new URL("../../fixtures/queryCache", import.meta.url));

type Counted = { found: Value; runs: number };

/** Starts a server with one item that belongs to ada. Returns functions to read and write. */
async function start() {
  const { server } = await serve({ project });
  const run = (name: string, args: Record<string, Value> = {}) => server.run(`reads:${name}`, args);
  const read = async (name: string, args?: Record<string, Value>) => (await run(name, args)) as Counted;
  const insert = (owner: string, table = "items") =>
    run("insert", { table, fields: { owner, name: "bolt" } }) as Promise<string>;
  return { server, run, read, insert, id: await insert("ada") };
}

/** Queries that read the item, by name, with their arguments. */
const READS = {
  one: (id: string) => ({ id }),
  ofOwner: () => ({ owner: "ada" }),
  page: () => ({}),
  filtered: () => ({}),
  nested: (id: string) => ({ id }),
} as const;
const NAMES = Object.keys(READS) as (keyof typeof READS)[];

test.each(NAMES)(
  "%s runs once for the same arguments, until the data that it read changes or is deleted",
  async (name) => {
    const { run, read, id } = await start();
    const args = READS[name](id);
    const first = await read(name, args);
    expect(await read(name, args)).toEqual(first);

    await run("rename", { id });
    const renamed = await read(name, args);
    expect(renamed.runs).toBeGreaterThan(first.runs);
    expect(JSON.stringify(renamed.found)).toContain("renamed");
    expect(await read(name, args)).toEqual(renamed);

    await run("remove", { id });
    expect(JSON.stringify((await read(name, args)).found)).not.toContain("renamed");
  },
);

test("a cached read of one document stays valid when other documents of its table change", async () => {
  const { read, insert, id } = await start();
  const first = await read("one", { id });
  await insert("ada");
  expect(await read("one", { id })).toEqual(first);
});

test("a cached range is invalidated by inserts into it, and stays valid when other ranges change", async () => {
  const { read, insert } = await start();
  const first = await read("ofOwner", { owner: "ada" });
  await insert("bob");
  expect(await read("ofOwner", { owner: "ada" })).toEqual(first);
  await insert("ada");
  const second = await read("ofOwner", { owner: "ada" });
  expect(second.found).toHaveLength(2);
  expect(second.runs).toBeGreaterThan(first.runs);
});

test.each([
  { desc: false, read: [0, 1], beyond: [2, 3] },
  { desc: true, read: [2, 3], beyond: [0, 1] },
])("a cached page stays valid when rows beyond its end change (desc: $desc)", async ({ desc, ...ranks }) => {
  const { run, read } = await start();
  const ids: Value[] = [];
  for (const rank of [0, 1, 2, 3]) {
    ids.push(await run("insert", { table: "ranked", fields: { owner: "ada", rank, name: `${rank}` } }));
  }
  const page = { owner: "ada", from: 0, to: 9, desc, most: 2 };
  const first = await read("ranked", page);
  for (const rank of ranks.beyond) await run("change", { id: ids[rank] ?? "", fields: { name: "beyond" } });
  expect(await read("ranked", page)).toEqual(first);
  for (const rank of ranks.read) {
    await run("change", { id: ids[rank] ?? "", fields: { name: `changed ${rank}` } });
    expect(JSON.stringify((await read("ranked", page)).found)).toContain(`changed ${rank}`);
  }
});

test("after random writes, every cached result equals a fresh read", () =>
  fc.assert(
    fc.asyncProperty(fc.gen(), async (any) => {
      const pick = (count: number) => any(fc.nat, { max: Math.max(0, count - 1) });
      const { run, read } = await start();
      const documents = new Map<Value, { owner: string; rank: number; name: string }>();
      const fields = (n: number) => ({ owner: pick(2) === 0 ? "ada" : "bob", rank: pick(12), name: `${n}` });
      const pages = Array.from({ length: 30 }, () => ({
        owner: pick(2) === 0 ? "ada" : "bob",
        from: pick(8),
        to: 4 + pick(9),
        desc: pick(2) === 0,
        most: pick(5),
      }));
      let kept = 0;
      let runs = 0;
      for (let n = 0; n < 300; n++) {
        const [id] = [...documents.keys()].slice(pick(documents.size));
        const choice = id === undefined ? 0 : pick(5);
        const next = fields(n);
        if (choice < 2) documents.set(await run("insert", { table: "ranked", fields: next }), next);
        else if (choice < 4 && id !== undefined) {
          await run("change", { id, fields: next });
          documents.set(id, next);
        } else if (id !== undefined) {
          await run("remove", { id });
          documents.delete(id);
        }
        for (const page of pages.slice(0, 10 + pick(20))) {
          const result = await read("ranked", page);
          // Documents with the same rank sort by creation.
          const found = [...documents.values()].filter(
            ({ owner, rank }) => owner === page.owner && page.from <= rank && rank < page.to,
          );
          found.sort((one, other) => one.rank - other.rank);
          if (page.desc) found.reverse();
          expect(result.found).toEqual(found.slice(0, page.most).map(({ name }) => name));
          if (result.runs > runs) runs = result.runs;
          else kept++;
        }
      }
      expect(kept).toBeGreaterThan(runs);
    }),
    // The program always makes the same number of writes, so shrinking does not help.
    { numRuns: 1, endOnFailure: true },
  ));

test("different arguments have different results", async () => {
  const { read } = await start();
  expect((await read("ofOwner", { owner: "ada" })).found).toHaveLength(1);
  expect((await read("ofOwner", { owner: "bob" })).found).toHaveLength(0);
});

test("a mutation that fails changes nothing", async () => {
  const { run, read, id } = await start();
  const first = await read("one", { id });
  await expect(run("rename", { id, fails: true })).rejects.toThrow("on purpose");
  expect(await read("one", { id })).toEqual(first);
});

test("a table that is created later is seen", async () => {
  const { read, insert } = await start();
  expect((await read("later")).found).toEqual([]);
  const id = await insert("ada", "later");
  expect((await read("later")).found).toHaveLength(1);
  expect((await read("normalized", { id })).found).toBe(id);
});

test.each([
  "the time",
  "a new date",
  "who is calling",
  "the log",
  "a system table",
  "the time in a nested query",
])("a query that uses %s runs each time", async (what) => {
  const { read } = await start();
  const { runs } = await read("beside", { what });
  expect((await read("beside", { what })).runs).toBeGreaterThan(runs);
});

test("a caller that modifies its result does not affect other callers", async () => {
  const { run } = await start();
  expect(JSON.stringify(await run("spoil", { owner: "ada" }))).not.toContain("spoilt");
});

test("a new build starts with an empty cache", async () => {
  const { server, read, id } = await start();
  await read("one", { id });
  await read("one", { id });
  await server.reload();
  expect((await read("one", { id })).runs).toBe(1);
});

const functionOf = (component: string, path: string) =>
  ({ component, path }) as Parameters<QueryCache["keyOf"]>[0];
const fn = functionOf("", "reads:one");

/** Caches `result` under `key` at the current commit. */
function keep(cache: QueryCache, key: string, result: Value, readSet = new ReadSet()) {
  cache.set(key, result, readSet, cache.lastCommit);
}

test("a result that a commit has made stale is not cached", () => {
  const changes = new WriteLog();
  const cache = new QueryCache(changes);
  const readSet = new ReadSet();
  readSet.document(1, "a");
  const before = cache.lastCommit;
  const writeSet = new WriteSet();
  writeSet.add(1, "a");
  changes.append([writeSet]);
  cache.set("key", "old", readSet, before);
  expect(cache.get("key")).toBeUndefined();
});

test("different arguments have different keys, and large or non-JSON arguments have none", () => {
  const cache = new QueryCache(new WriteLog());
  const keyOf = (value: Value, maxBytes = 0) => cache.keyOf(fn, { value, maxBytes });
  const values: Value[] = [
    null,
    true,
    "true",
    1,
    "1",
    0,
    "",
    [],
    {},
    [[]],
    ["a", "b"],
    ["a,b"],
    { a: 1 },
    { a: "1" },
    { "a:1,b": 1 },
    { a: 1, b: 1 },
    [1, [2]],
    [[1], 2],
  ];
  const keys = values.map((value) => keyOf(value));
  expect(new Set(keys).size).toBe(values.length);
  expect(keys).not.toContain(null);
  for (const value of [1n, -0, NaN, Infinity, [-0], new ArrayBuffer(1), [1n], { a: new ArrayBuffer(1) }])
    expect(keyOf(value)).toBeNull();
  expect(keyOf("a", 2_000)).toBeNull();
});

test("a component's folder and a nested component have different keys", () => {
  const cache = new QueryCache(new WriteLog());
  const keyOf = (component: string, path: string) =>
    cache.keyOf(functionOf(component, path), { value: {}, maxBytes: 0 });
  expect(keyOf("journal", "counter/lib:total")).not.toBe(keyOf("journal/counter", "lib:total"));
});

test("a result that has read many documents or long ranges needs more of the cache", () => {
  const cache = new QueryCache(new WriteLog());
  const add = (key: string, documents: number, bound: Buffer) => {
    const readSet = new ReadSet();
    for (let i = 0; i < documents; i++) readSet.document(1, `document ${i}`);
    readSet.range(1, index, { start: bound, end: bound }, "asc").read(null);
    cache.set(key, null, readSet, cache.lastCommit);
  };
  const index = { id: 7, name: "by_name", fields: [] };
  const isKept = (key: string) => cache.get(key) !== undefined;
  for (const [documents, bound] of [
    [1_000, Buffer.alloc(1)],
    [1, Buffer.alloc(50_000)],
  ] as const) {
    for (let i = 0; i < 240; i++) add(`${documents} ${i}`, documents, bound);
    expect([isKept(`${documents} 0`), isKept(`${documents} 239`)]).toEqual([false, true]);
  }
  for (let i = 0; i < 240; i++) add(`small ${i}`, 1, Buffer.alloc(1));
  expect([isKept("small 0"), isKept("small 239")]).toEqual([true, true]);
});

test("recently used results stay cached, up to 16 MiB in total and 64 KiB each", () => {
  const cache = new QueryCache(new WriteLog());
  keep(cache, "huge", "x".repeat(22_000));
  expect(cache.get("huge")).toBeUndefined();
  keep(cache, "first", "y");
  const large = "x".repeat(20_000);
  for (let i = 0; i < 1_000; i++) {
    keep(cache, `large ${i}`, large);
    expect(cache.get("first")).toBe("y");
  }
  expect(cache.get("large 0")).toBeUndefined();
  expect(cache.get("large 999")).toBe(large);
});
