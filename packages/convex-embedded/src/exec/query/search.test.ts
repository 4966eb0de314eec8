import { fileURLToPath } from "node:url";
import type { FunctionReference } from "convex/server";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import notesSchema from "../../../fixtures/search/convex/notes/schema";
import schema from "../../../fixtures/search/convex/schema";
import { serve } from "../../../fixtures/serve";
import { convexTest } from "../../testing";

const project = fileURLToPath(new URL("../../../fixtures/search", import.meta.url));
const modules = {
  ...import.meta.glob("../../../fixtures/search/convex/*.ts"),
  "../../../fixtures/search/convex/_generated/api.js": () => Promise.resolve({}),
};
const noteModules = {
  ...import.meta.glob("../../../fixtures/search/convex/notes/*.ts"),
  "../../../fixtures/search/convex/notes/_generated/api.js": () => Promise.resolve({}),
};

/** Calls a function of the module `posts`. */
type Run = (name: string, args?: Record<string, unknown>) => Promise<unknown>;

const MUTATIONS = ["insert", "insertMany", "change", "remove", "ownWrites", "removeAll", "addNote"];

const ENGINES: Readonly<Record<string, () => Promise<Run>>> = {
  async server() {
    const { server } = await serve({ project });
    return (name, args = {}) => server.run(`posts:${name}`, args as Record<string, Value>);
  },
  harness() {
    const t = convexTest(schema, modules);
    t.registerComponent("notes", notesSchema, noteModules);
    const reference = (name: string): unknown => makeFunctionReference(`posts:${name}`);
    return Promise.resolve((name, args = {}) =>
      MUTATIONS.includes(name)
        ? t.mutation(reference(name) as FunctionReference<"mutation">, args)
        : t.query(reference(name) as FunctionReference<"query">, args),
    );
  },
};

interface Page {
  readonly page: readonly string[];
  readonly isDone: boolean;
  readonly continueCursor: string;
  readonly splitCursor: string | null;
  readonly pageStatus: string | null;
}

const posts = (...titles: Value[]): { posts: { title: Value }[] } => ({
  posts: titles.map((title) => ({ title })),
});

describe.each(Object.keys(ENGINES))("a text search on the %s", (engine) => {
  const start = (): Promise<Run> => (ENGINES[engine] as () => Promise<Run>)();
  const collected = async (run: Run, text: string, where?: unknown): Promise<unknown> =>
    ((await run("collect", { text, ...(where !== undefined && { where }) })) as { found: unknown }).found;

  test("can be collected, taken, iterated and filtered", async () => {
    const run = await start();
    await run("insert", posts("bolt 1", "bolt 2", "nut", "bolt bolt", 5));
    expect(await collected(run, "bolt")).toEqual(["bolt bolt", "bolt 2", "bolt 1"]);
    expect(await run("take", { text: "bolt", count: 2 })).toEqual(["bolt bolt", "bolt 2"]);
    expect(await run("take", { text: "bolt", count: 0 })).toEqual([]);
    expect(await run("others", { text: "bolt" })).toEqual({
      first: "bolt bolt",
      iterated: ["bolt bolt", "bolt 2"],
      filtered: ["bolt 2"],
    });
    expect(await run("others", { text: "screw" })).toEqual({ first: null, iterated: [], filtered: [] });
    expect(await run("unique", { text: "nut" })).toBe("nut");
    await expect(run("unique", { text: "bolt" })).rejects.toThrow(
      "unique() query returned more than one result from table posts",
    );
    expect(await collected(run, "")).toEqual([]);
    expect(await collected(run, " - ")).toEqual([]);
  });

  test("can be limited to values of filter fields", async () => {
    const run = await start();
    await run("insert", {
      posts: [
        { title: "bolt a", owner: "ada", meta: { kind: 1 } },
        { title: "bolt b", owner: "ada", meta: { kind: "1" } },
        { title: "bolt c", owner: "bob" },
      ],
    });
    const where = (field: string, value?: Value): object => ({
      field,
      ...(value !== undefined && { value }),
    });
    expect(await collected(run, "bolt", [where("owner", "ada")])).toEqual(["bolt b", "bolt a"]);
    expect(await collected(run, "bolt", [where("owner", "ada"), where("meta.kind", 1)])).toEqual(["bolt a"]);
    expect(await collected(run, "bolt", [where("meta.kind")])).toEqual(["bolt c"]);
    // As on Convex, a repeated condition matches nothing.
    expect(await collected(run, "bolt", [where("owner", "ada"), where("owner", "ada")])).toEqual([]);
  });

  test("in a mutation sees its own writes, and none that were rolled back", async () => {
    const run = await start();
    await run("insert", posts("bolt"));
    expect(await run("ownWrites", { text: "bolt" })).toEqual({
      before: ["bolt"],
      inserted: ["bolt", "bolt inserted"],
      changed: ["bolt", "bolt changed"],
      rolledBack: ["bolt", "bolt changed"],
      after: ["bolt"],
    });
    expect(await collected(run, "bolt")).toEqual(["bolt"]);
    await run("insert", posts("bolt 1", "bolt 2"));
    expect(await run("removeAll", { text: "bolt" })).toBe(3);
    expect(await collected(run, "bolt")).toEqual([]);
  });

  test("returns pages, in order and without repetitions", async () => {
    const run = await start();
    await run("insertMany", { prefix: "bolt", from: 0, count: 10 });
    const page = async (cursor: string | null, size: number, rest: object = {}): Promise<Page> =>
      (await run("page", { text: "bolt", cursor, size, ...rest })) as Page;
    const first = await page(null, 4);
    expect(first).toMatchObject({
      page: ["bolt 9", "bolt 8", "bolt 7", "bolt 6"],
      isDone: false,
      splitCursor: null,
      pageStatus: null,
    });
    const second = await page(first.continueCursor, 4);
    expect(second.page).toEqual(["bolt 5", "bolt 4", "bolt 3", "bolt 2"]);
    const third = await page(second.continueCursor, 4);
    expect(third).toMatchObject({ page: ["bolt 1", "bolt 0"], isDone: true });
    expect((await page(third.continueCursor, 4)).page).toEqual([]);
    // A page with an end cursor holds everything up to it.
    expect((await page(first.continueCursor, 1, { endCursor: second.continueCursor })).page).toEqual(
      second.page,
    );
    await expect(page(first.continueCursor, 4, { text: "nut" })).rejects.toThrow("InvalidCursor");
  });

  test("reads at most 1,024 documents", async () => {
    const run = await start();
    await run("insertMany", { prefix: "bolt", from: 0, count: 1_023 });
    expect(await collected(run, "bolt")).toHaveLength(1_023);
    await run("insert", posts("bolt last"));
    expect(await run("take", { text: "bolt", count: 1_024 })).toHaveLength(1_024);
    const message =
      "Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, " +
      "or using a filter field to limit the number of documents pulled from the search index.";
    await expect(collected(run, "bolt")).rejects.toThrow(message);
    await expect(run("take", { text: "bolt", count: 1_025 })).rejects.toThrow(message);
    const large = (await run("page", { text: "bolt", cursor: null, size: 1_000 })) as Page;
    expect(large).toMatchObject({ isDone: false, pageStatus: "SplitRecommended", splitCursor: null });
    const rest = (await run("page", { text: "bolt", cursor: large.continueCursor, size: 1_000 })) as Page;
    expect([rest.page.length, rest.isDone, rest.pageStatus]).toEqual([24, true, null]);
  });

  test.each([
    ["missing", "Index posts.nothing not found."],
    ["database", "Index posts.by_owner is not a search index"],
    ["staged", "Index posts.staged is currently staged and not available to query until it is enabled."],
    [
      "field",
      'Search query against posts.search contains a search filter against "body", which doesn\'t match the indexed ' +
        '`searchField` "title".',
    ],
    [
      "filter",
      'Search query against posts.search contains an equality filter on "body" but that field isn\'t indexed for ' +
        "filtering in `filterFields`.",
    ],
    [
      "none",
      "Search query against posts.search does not contain any search filters. You must include a search filter like " +
        '`q.search("field", searchText)`.',
    ],
    [
      "twice",
      'Search query against posts.search contains multiple search filters against "title". Only one is allowed.',
    ],
    ["many", "Search query against posts.search has too many filter conditions. Max: 8 Actual: 9"],
  ])("with the mistake %s is refused with Convex's message", async (mistake, message) => {
    const run = await start();
    await expect(run("wrong", { mistake })).rejects.toThrow(message);
  });

  test("has no order, and its index has no range", async () => {
    const run = await start();
    await expect(run("ordered")).rejects.toThrow("Search queries must always be in relevance order.");
    await expect(run("asRange")).rejects.toThrow("Index posts.search is not a database index");
  });

  test("of a component searches the component's own tables", async () => {
    const run = await start();
    await run("insert", posts("bolt"));
    expect(await run("addNote", { text: "bolt" })).toEqual(["bolt"]);
    expect(await run("addNote", { text: "bolt nut" })).toEqual(["bolt nut", "bolt"]);
  });
});

describe("the cached result of a text search", () => {
  async function begin() {
    const run = await (ENGINES["server"] as () => Promise<Run>)();
    const [id] = (await run("insert", { posts: [{ title: "steel bolt", owner: "ada" }] })) as string[];
    const where = [{ field: "owner", value: "ada" }];
    const read = async (text = "bolt"): Promise<{ found: unknown; runs: number }> =>
      (await run("collect", { text, where })) as { found: unknown; runs: number };
    return { run, id, read };
  }

  test("stays valid when documents that it cannot find change", async () => {
    const { run, read } = await begin();
    const first = await read();
    await run("insert", { posts: [{ title: "nut", owner: "ada" }] });
    await run("insert", { posts: [{ title: "bolt", owner: "bob" }] });
    expect(await read()).toEqual(first);
  });

  test.each<[string, string, (id: unknown) => Record<string, unknown>, unknown]>([
    ["a new match", "insert", () => ({ posts: [{ title: "bolt", owner: "ada" }] }), ["bolt", "steel bolt"]],
    [
      "a word with the same beginning",
      "insert",
      () => ({ posts: [{ title: "a b c bolts", owner: "ada" }] }),
      expect.arrayContaining(["a b c bolts"]),
    ],
    ["another text of a match", "change", (id) => ({ id, fields: { title: "nut" } }), []],
    ["another field of a match", "change", (id) => ({ id, fields: { body: "new" } }), ["steel bolt"]],
    ["another filter value of a match", "change", (id) => ({ id, fields: { owner: "bob" } }), []],
    ["the deletion of a match", "remove", (id) => ({ id }), []],
  ])("is invalidated by %s", async (_name, write, args, found) => {
    const { run, id, read } = await begin();
    const first = await read();
    await run(write, args(id));
    const second = await read();
    expect(second.runs).toBeGreaterThan(first.runs);
    expect(second.found).toEqual(found);
  });
});
