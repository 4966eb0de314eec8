import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EmbeddedServer } from "../../server/server";
import { BASIC, copyOf, serve } from "../../../fixtures/serve";

interface Page {
  page: { _id: string; name: string }[];
  isDone: boolean;
  continueCursor: string;
  splitCursor?: string | null;
  pageStatus?: string | null;
}

async function items(names: string) {
  const { server } = await serve();
  await server.run("items:createMany", { owner: "ada", names: names.split("") });
  return server;
}

const page = async (server: EmbeddedServer, options: object, more: object = {}) => {
  const args = { owner: "ada", options: { numItems: 2, cursor: null, ...options }, ...more };
  return (await server.run("items:page", args)) as unknown as Page;
};
const names = ({ page }: Page) => page.map(({ name }) => name).join("");

test("pages continue to the end, and as on Convex an empty page follows a full last page", async () => {
  const server = await items("abcd");
  for (const order of ["asc", "desc"]) {
    const first = await page(server, {}, { order });
    const second = await page(server, { cursor: first.continueCursor }, { order });
    const third = await page(server, { cursor: second.continueCursor }, { order });
    expect([first, second, third].map(names)).toEqual(order === "asc" ? ["ab", "cd", ""] : ["dc", "ba", ""]);
    expect([first, second, third].map(({ isDone }) => isDone)).toEqual([false, false, true]);
    const beyond = await page(server, { cursor: third.continueCursor }, { order });
    expect([names(beyond), beyond.isDone]).toEqual(["", true]);
  }
});

test("a page that finds no more rows is done", async () => {
  const server = await items("abc");
  const first = await page(server, { numItems: 10 });
  expect([names(first), first.isDone]).toEqual(["abc", true]);
});

test("pagination continues correctly after inserts and deletes, even of the cursor's own row", async () => {
  const server = await items("abcdef");
  const first = await page(server, {});
  const on = first.page[1]?._id ?? "";
  await server.run("items:remove", { id: on });
  await server.run("items:createMany", { owner: "ada", names: ["g"] });
  const seen = [names(first)];
  let cursor = first.continueCursor;
  for (let done = false; !done;) {
    const next = await page(server, { cursor });
    seen.push(names(next));
    cursor = next.continueCursor;
    done = next.isDone;
  }
  expect(seen.join("")).toBe("abcdefg");
});

test("a page with an end cursor contains all rows up to it, whatever the page size", async () => {
  const server = await items("abcd");
  const first = await page(server, { numItems: 3 });
  const middle = first.page[1]?._id ?? "";
  await server.run("items:remove", { id: middle });
  const again = await page(server, { numItems: 1, endCursor: first.continueCursor });
  expect([names(again), again.continueCursor]).toEqual(["ac", first.continueCursor]);
  const rest = await page(server, { numItems: 1, cursor: first.continueCursor, endCursor: null });
  expect(names(rest)).toBe("d");
});

test("a split cursor splits a page into two", async () => {
  const server = await items("abcd");
  const whole = await page(server, { numItems: 4 });
  const cut = whole.splitCursor ?? "";
  const left = await page(server, { endCursor: cut });
  const right = await page(server, { cursor: cut, endCursor: whole.continueCursor });
  expect(names(left) + names(right)).toBe("abcd");
});

test("a limit on rows read ends a page early, with the status SplitRequired", async () => {
  const server = await items("aaab");
  const rare = async (options: object) => {
    const args = { name: "b", options: { numItems: 1, cursor: null, ...options } };
    return (await server.run("items:pageOfRare", args)) as unknown as Page;
  };
  const first = await rare({ maximumRowsRead: 2 });
  expect([names(first), first.isDone, first.pageStatus]).toEqual(["", false, "SplitRequired"]);
  const second = await rare({ maximumRowsRead: 2, cursor: first.continueCursor });
  expect(names(second)).toBe("b");
  expect(names(await rare({}))).toBe("b");
});

test("cursors of another query and malformed cursors are refused like on Convex", async () => {
  const server = await items("abc");
  const { continueCursor } = await page(server, {});
  const data = { isConvexSystemError: true, paginationError: "InvalidCursor" };
  await expect(page(server, { cursor: continueCursor }, { owner: "bob" })).rejects.toMatchObject({ data });
  await expect(page(server, { cursor: continueCursor }, { order: "desc" })).rejects.toMatchObject({ data });
  for (const cursor of ["", "x", "AAAA", `${continueCursor}=`, "é"]) {
    await expect(page(server, { cursor })).rejects.toMatchObject({ data });
  }
});

test("a cursor into a table that does not exist yet stays valid once the table exists", async () => {
  const project = copyOf(BASIC);
  writeFileSync(
    join(project, "convex/late.ts"),
    `import { internalMutationGeneric, internalQueryGeneric } from "convex/server";
     import { v } from "convex/values";
     export const add = internalMutationGeneric({ args: {}, handler: ({ db }) => db.insert("late", { name: "a" }) });
     export const page = internalQueryGeneric({
       args: { index: v.string(), options: v.any() },
       handler: ({ db }, { index, options }) => db.query("late").withIndex(index).paginate(options),
     });`,
  );
  const { server } = await serve({ project });
  const late = async (index: string, cursor: string | null) =>
    (await server.run("late:page", { index, options: { numItems: 2, cursor } })) as unknown as Page;
  const indexes = ["by_creation_time", "by_id"];
  const before = await Promise.all(indexes.map((index) => late(index, null)));
  expect(before.map(({ isDone }) => isDone)).toEqual([true, true]);
  await server.run("late:add", {});
  for (const [i, index] of indexes.entries()) {
    const beyond = await late(index, before[i]?.continueCursor ?? null);
    expect([names(beyond), beyond.isDone]).toEqual(["", true]);
    expect(names(await late(index, null))).toBe("a");
  }
});

test("a cursor does not contain the values that the query's equalities fix", async () => {
  const { server } = await serve();
  await server.run("items:createMany", { owner: "secret-owner", names: ["a", "b"] });
  const { continueCursor } = await page(server, { numItems: 1 }, { owner: "secret-owner" });
  expect(Buffer.from(continueCursor, "base64url").toString("latin1")).not.toContain("secret-owner");
});

test("empty pages and second paginated queries are refused", async () => {
  const server = await items("a");
  await expect(page(server, { numItems: 0 })).rejects.toThrow(
    "Must request at least 1 document while paginating",
  );
  await expect(server.run("items:pageTwice", {})).rejects.toThrow("ran multiple paginated queries");
});
