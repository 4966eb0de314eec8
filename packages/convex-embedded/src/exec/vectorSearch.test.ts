import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FunctionReference } from "convex/server";
import { defineSchema, defineTable, makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import { v } from "convex/values";
import { describe, expect, onTestFinished, test } from "vitest";
import schema from "../../fixtures/vectors/convex/schema";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { DATABASE_FILE } from "../store/directory";
import { Connection } from "../store/sqlite";
import { convexTest } from "../testing";

const project = fileURLToPath(new URL("../../fixtures/vectors", import.meta.url));
const modules = {
  ...import.meta.glob("../../fixtures/vectors/convex/*.ts"),
  "../../fixtures/vectors/convex/_generated/api.js": () => Promise.resolve({}),
};

/** Calls a function of the module `foods`. */
type Run = (name: string, args: Record<string, unknown>) => Promise<unknown>;

const ENGINES: Readonly<Record<string, () => Promise<Run>>> = {
  async server() {
    const { server } = await serve({ project });
    return (name, args) => server.run(`foods:${name}`, args as Record<string, Value>);
  },
  harness() {
    const t = convexTest(schema, modules);
    const reference = (name: string): unknown => makeFunctionReference(`foods:${name}`);
    return Promise.resolve((name, args) =>
      name === "search"
        ? t.action(reference(name) as FunctionReference<"action">, args)
        : t.mutation(reference(name) as FunctionReference<"mutation">, args),
    );
  },
};

const FOODS = [
  { name: "right", vector: [1, 0], cuisine: "french", meta: { hot: true } },
  { name: "up", vector: [0, 5], cuisine: "greek" },
  { name: "diagonal", vector: [2, 2], cuisine: 1n },
  { name: "left", vector: [-1, 0] },
  { name: "without" },
  { name: "of another length", vector: [1, 0, 0] },
];

describe.each(Object.entries(ENGINES))("on the %s", (_name, start) => {
  test("the nearest documents are found, best first, by their cosine", async () => {
    const run = await start();
    expect(await run("search", { vector: [1, 0] })).toEqual([]);
    await run("insert", { foods: FOODS });
    expect(await run("search", { vector: [3, 0] })).toEqual([
      ["right", 1],
      ["diagonal", 0.707],
      ["up", 0],
      ["left", -1],
    ]);
    expect(await run("search", { vector: [3, 0], limit: 1 })).toEqual([["right", 1]]);
  });

  test("without a limit, ten documents are found, and at most 256 with one", async () => {
    const run = await start();
    const foods = Array.from({ length: 300 }, (_, i) => ({ name: `${i}`, vector: [1, i] }));
    await run("insert", { foods });
    expect(await run("search", { vector: [1, 0] })).toHaveLength(10);
    expect(await run("search", { vector: [1, 0], limit: 256 })).toHaveLength(256);
    await expect(run("search", { vector: [1, 0], limit: 257 })).rejects.toThrow(
      "Vector queries can fetch at most 256 results, requested 257.",
    );
    for (const limit of [-1, 1.5, "1"]) {
      await expect(run("search", { vector: [1, 0], limit })).rejects.toThrow("`limit` must be");
    }
  });

  test("a filter accepts documents that meet one of its conditions, by value and type", async () => {
    const run = await start();
    await run("insert", { foods: FOODS });
    const found = async (...filter: unknown[][]) =>
      ((await run("search", { vector: [1, 0], filter })) as [string, number][]).map(([name]) => name);
    expect(await found(["cuisine", "greek"])).toEqual(["up"]);
    expect(await found(["cuisine", "greek"], ["cuisine", "french"])).toEqual(["right", "up"]);
    expect(await found(["cuisine", "greek"], ["meta.hot", true])).toEqual(["right", "up"]);
    expect(await found(["cuisine", 1n])).toEqual(["diagonal"]);
    expect(await found(["cuisine", 1])).toEqual([]);
    expect(await found(["cuisine", null])).toEqual(["left"]);
    await expect(found(["name", "up"])).rejects.toThrow(
      'Vector query against foods.by_vector contains a filter on "name" but that field isn\'t indexed for filtering in ' +
        "`filterFields`.",
    );
    const many = Array.from({ length: 65 }, (_, i) => ["cuisine", `${i}`]);
    await expect(found(...many)).rejects.toThrow(
      "Vector query against foods.by_vector has too many conditions. Max: 64 Actual: 65",
    );
    expect(await found(...many.slice(1))).toEqual([]);
  });

  test("changed and deleted documents are found as they are now", async () => {
    const run = await start();
    await run("insert", { foods: FOODS });
    expect(await run("search", { vector: [0, 1], limit: 1 })).toEqual([["up", 1]]);
    await run("change", { name: "left", vector: [0, 1] });
    await run("change", { name: "up" });
    await run("insert", { foods: [{ name: "new", vector: [1, 9] }] });
    expect(await run("search", { vector: [0, 1], limit: 2 })).toEqual([
      ["left", 1],
      ["new", 0.994],
    ]);
  });

  test("wrong dimensions and indexes are refused", async () => {
    const run = await start();
    const refused = (args: object, message: string) =>
      expect(run("search", { vector: [1, 0], ...args })).rejects.toThrow(message);
    await refused({ vector: [1, 2, 3] }, "Expected a vector with dimensions 2, received 3.");
    await refused({ vector: Array(4097).fill(0) }, "Expected a vector with dimensions 4096, received 4097.");
    await refused({ vector: ["1", 0] }, "`vector` must contain only finite numbers.");
    await refused({ index: "other" }, "Index foods.other not found.");
    await refused({ index: "by_name" }, "Index foods.by_name is not a vector index");
    await refused({ index: "search_name" }, "Index foods.search_name is not a vector index");
    await refused({ index: "staged", vector: [1, 2, 3] }, "Index foods.staged is currently staged");
  });
});

test("a restart finds the same documents", async () => {
  const data = temporaryDirectory();
  const first = await serve({ project, data });
  await first.server.run("foods:insert", { foods: FOODS });
  await first.server.close();
  const second = await serve({ project, data });
  expect(await second.server.run("foods:search", { vector: [0, 1], limit: 1 })).toEqual([["up", 1]]);
});

test("the vectors of all documents are kept after the first search, without a second one", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project, data });
  await server.run("foods:insert", { foods: FOODS });
  await server.run("foods:search", { vector: [0, 1], limit: 1 });
  const db = new Connection(join(data, DATABASE_FILE));
  onTestFinished(() => db.close());
  const kept = () => db.prepare("SELECT count(*) FROM vector_cache").pluck().get();
  await expect.poll(kept).toBe(FOODS.length);
});

test("a restart finds the vectors of documents that were changed, deleted and added after the vectors were kept", async () => {
  const data = temporaryDirectory();
  const found = async (vector: number[], limit: number) => {
    const { server } = await serve({ project, data });
    const results = await server.run("foods:search", { vector, limit, filter: [["cuisine", "greek"]] });
    const run = (name: string, args: Record<string, Value>) => server.run(`foods:${name}`, args);
    return { results, run, close: () => server.close() };
  };
  const first = await found([0, 1], 5);
  expect(first.results).toEqual([]);
  await first.run("insert", { foods: FOODS });
  expect(await first.run("search", { vector: [0, 1], limit: 1 })).toEqual([["up", 1]]);
  await first.close();
  // This start reads the vectors that the first search of the last one stored or that were added since.
  const second = await found([0, 1], 5);
  expect(second.results).toEqual([["up", 1]]);
  await second.run("change", { name: "up", vector: [1, 0] });
  await second.run("change", { name: "right" });
  await second.run("insert", { foods: [{ name: "new", vector: [0, 2], cuisine: "greek" }] });
  await second.close();
  const third = await found([0, 1], 5);
  expect(third.results).toEqual([
    ["new", 1],
    ["up", 0],
  ]);
  expect(await third.run("search", { vector: [1, 0], limit: 5 })).toEqual([
    ["up", 1],
    ["diagonal", 0.707],
    ["new", 0],
    ["left", -1],
  ]);
});

test("searches and writes at the same time miss no acknowledged write", async () => {
  const { server } = await serve({ project });
  for (let round = 0; round < 10; round++) {
    const names = Array.from({ length: 5 }, (_, i) => `${round}.${i}`);
    await Promise.all(
      names.map(async (name, i) => {
        const vector = [round + 1, i + 1];
        await server.run("foods:insert", { foods: [{ name, vector }] });
        const found = (await server.run("foods:search", { vector, limit: 256 })) as [string, number][];
        expect(found.map(([each]) => each)).toContain(name);
      }),
    );
  }
});

const table = () => defineTable({ name: v.string(), vector: v.array(v.float64()) });

test.each([
  ["one dimension", "vector", 1, "Dimensions 1 must be between 2 and 4096"],
  ["4097 dimensions", "vector", 4097, "Dimensions 4097 must be between"],
  ["an unknown field", "other", 2, 'field "other" that does not exist'],
  ["a field of text", "name", 2, "neither an array of float64"],
])("an index with %s is refused", (_what, field, dimensions, message) => {
  const index = { vectorField: field as "vector", dimensions };
  const wrong = defineSchema({ foods: table().vectorIndex("by_vector", index) });
  expect(() => convexTest(wrong, modules)).toThrow(message);
});
