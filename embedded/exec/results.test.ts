import { fileURLToPath } from "node:url";
import type { Value } from "convex/values";
import { expect, test } from "vitest";
import { serve } from "../fixtures/serve";
import { Changes, Touched } from "../store/changes";
import { Observed, Results } from "./results";

const project = fileURLToPath(new URL("../fixtures/kept", import.meta.url));

type Counted = { found: Value; runs: number };

/** A server with one item of ada's, and functions to read and write. */
async function start() {
  const { server } = await serve({ project });
  const run = (name: string, args: Record<string, Value> = {}) => server.run(`reads:${name}`, args);
  const read = async (name: string, args?: Record<string, Value>) => (await run(name, args)) as Counted;
  const insert = (owner: string, table = "items") =>
    run("insert", { table, fields: { owner, name: "bolt" } }) as Promise<string>;
  return { server, run, read, insert, id: await insert("ada") };
}

/** Reads that see the item, by name, with their arguments. */
const READS = {
  one: (id: string) => ({ id }),
  ofOwner: () => ({ owner: "ada" }),
  page: () => ({}),
  filtered: () => ({}),
  nested: (id: string) => ({ id }),
} as const;
const NAMES = Object.keys(READS) as (keyof typeof READS)[];

test.each(NAMES)(
  "%s runs once for the same arguments, until what it read is changed or gone",
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

test("a document that was read by its id stands, whatever becomes of others in its table", async () => {
  const { read, insert, id } = await start();
  const first = await read("one", { id });
  await insert("ada");
  expect(await read("one", { id })).toEqual(first);
});

test("a range is read again when anything is added to its table", async () => {
  const { read, insert } = await start();
  const { runs } = await read("ofOwner", { owner: "ada" });
  await insert("ada");
  const second = await read("ofOwner", { owner: "ada" });
  expect(second.found).toHaveLength(2);
  expect(second.runs).toBeGreaterThan(runs);
});

test("other arguments have another result", async () => {
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

test("a table that is made later on is seen", async () => {
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
])("a query that asks for %s runs each time", async (what) => {
  const { read } = await start();
  const { runs } = await read("beside", { what });
  expect((await read("beside", { what })).runs).toBeGreaterThan(runs);
});

test("a caller that changes its result changes nobody else's", async () => {
  const { run } = await start();
  expect(JSON.stringify(await run("spoil", { owner: "ada" }))).not.toContain("spoilt");
});

test("a new build begins anew", async () => {
  const { server, read, id } = await start();
  await read("one", { id });
  await read("one", { id });
  await server.reload();
  expect((await read("one", { id })).runs).toBe(1);
});

const fn = { component: "", path: "reads:one" } as Parameters<Results["keyOf"]>[0];

/** Keeps `result` under `key` as of now. */
function keep(results: Results, key: string, result: Value, observed = new Observed()) {
  results.keep(key, result, observed, results.now);
}

test("a result that was overtaken by a commit is not kept", () => {
  const changes = new Changes();
  const results = new Results(changes);
  const observed = new Observed();
  observed.table(1);
  const before = results.now;
  const touched = new Touched();
  touched.add(1, "a");
  changes.committed([touched]);
  results.keep("key", "old", observed, before);
  expect(results.find("key")).toBeUndefined();
});

test("no two arguments share a key, and what is large or no JSON has none", () => {
  const results = new Results(new Changes());
  const keyOf = (value: Value, mostBytes = 0) => results.keyOf(fn, { value, mostBytes });
  const values: Value[] = [
    ...[null, true, "true", 1, "1", 0, -0, NaN, "", [], {}, [[]], ["a", "b"], ["a,b"]],
    ...[{ a: 1 }, { a: "1" }, { "a:1,b": 1 }, { a: 1, b: 1 }, [1, [2]], [[1], 2]],
  ];
  const keys = values.map((value) => keyOf(value));
  expect(new Set(keys).size).toBe(values.length);
  expect(keys).not.toContain(null);
  for (const value of [1n, new ArrayBuffer(1), [1n], { a: new ArrayBuffer(1) }])
    expect(keyOf(value)).toBeNull();
  expect(keyOf("a", 2_000)).toBeNull();
});

test("the results that were used last are kept, up to 8 MiB, and none of more than 64 KiB", () => {
  const results = new Results(new Changes());
  keep(results, "huge", "x".repeat(22_000));
  expect(results.find("huge")).toBeUndefined();
  keep(results, "first", "y");
  const large = "x".repeat(20_000);
  for (let i = 0; i < 1_000; i++) {
    keep(results, `large ${i}`, large);
    expect(results.find("first")).toBe("y");
  }
  expect(results.find("large 0")).toBeUndefined();
  expect(results.find("large 999")).toBe(large);
});
