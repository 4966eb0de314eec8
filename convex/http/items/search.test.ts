import { describe, expect, test } from "vitest";
import { as, onlyOn, useEngine, type Call } from "../testing/engine.testing";
import { json, nextOf, page, problem } from "../testing/replies.testing";

useEngine();

const create = async (call: Call, name: string, description?: string): Promise<string> => {
  const body = { name, ...(description !== undefined && { description }) };
  return String((await json(call("POST", "/api/items", body), 201))["id"]);
};
const pathOf = (q: string, more = "") => `/api/items?q=${encodeURIComponent(q)}${more}`;
const namesOf = async (reply: Promise<Response>) => (await page(reply)).map((item) => item["name"]);

/** Returns the names on each page of a search. Runs `between` after each page. */
async function walk(call: Call, start: string, between = () => Promise.resolve()): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  for (let path: string | undefined = start; path !== undefined;) {
    const response: Response = await call("GET", path);
    path = nextOf(response);
    pages.push((await page(response)).map((item) => item["name"]));
    await between();
  }
  return pages;
}

describe("a search", () => {
  test("finds words of the name and of the description, in any case, also the start of a word", async () => {
    const call = await as("words");
    await create(call, "Hex bolt", "Stainless steel");
    await create(call, "washer", "brass");
    for (const q of ["bolt", "HEX", "stainless", "stain", "nothing bolt", " bolt "])
      expect(await namesOf(call("GET", pathOf(q))), q).toEqual(["Hex bolt"]);
    expect(await namesOf(call("GET", pathOf("none")))).toEqual([]);
  });

  test("shows items as the single read does", async () => {
    const call = await as("same");
    const item = await json(call("POST", "/api/items", { name: "bolt", description: "M8" }), 201);
    expect(await page(call("GET", pathOf("bolt")))).toEqual([item]);
  });

  test("finds only the caller's own items", async () => {
    const [ada, eve] = [await as("search-ada"), await as("search-eve")];
    await create(ada, "secret plan");
    await create(eve, "secret sauce");
    expect(await namesOf(ada("GET", pathOf("secret")))).toEqual(["secret plan"]);
  });

  test("follows changes and deletions", async () => {
    const call = await as("changes");
    const id = await create(call, "bolt", "long");
    await json(call("PATCH", `/api/items/${id}`, { name: "screw" }));
    expect(await namesOf(call("GET", pathOf("bolt")))).toEqual([]);
    expect(await namesOf(call("GET", pathOf("long")))).toEqual(["screw"]);
    await json(call("PATCH", `/api/items/${id}`, { description: null }));
    expect(await namesOf(call("GET", pathOf("long")))).toEqual([]);
    expect(await namesOf(call("GET", pathOf("screw")))).toEqual(["screw"]);
    expect((await call("DELETE", `/api/items/${id}`)).status).toBe(204);
    expect(await namesOf(call("GET", pathOf("screw")))).toEqual([]);
  });

  onlyOn("embedded", "the mock does not rank", "is sorted by rank, then by creation", async () => {
    const call = await as("ranks");
    await create(call, "nut and nut");
    const older = await create(call, "nut and bolt");
    const newer = await create(call, "nut and bolt");
    await create(call, "nut in a text of many words");
    const found = await page(call("GET", pathOf("nut")));
    expect(found.map(({ name }) => name)).toEqual([
      "nut and nut",
      "nut and bolt",
      "nut and bolt",
      "nut in a text of many words",
    ]);
    expect(found.slice(1, 3).map(({ id }) => id)).toEqual([newer, older]);
  });
});

describe("the pages of a search", () => {
  test("contain each item once, and the last full page has no link", async () => {
    const call = await as("pages");
    for (let n = 0; n < 6; n++) await create(call, `part ${n}`);
    await create(call, "other");
    for (const limit of [1, 2, 3, 4, 6, 10]) {
      const pages = await walk(call, pathOf("part", `&limit=${limit}`));
      expect(pages.map(({ length }) => length)).toEqual(
        Array.from({ length: Math.ceil(6 / limit) }, (_, n) => Math.min(limit, 6 - n * limit)),
      );
      expect(new Set(pages.flat()).size).toBe(6);
    }
  });

  test("go on while others create and delete items", async () => {
    const call = await as("busy");
    const other = await as("busy-stranger");
    for (let n = 0; n < 5; n++) await create(call, `part ${n}`);
    const pages = await walk(call, pathOf("part", "&limit=1"), async () => {
      const id = await create(other, "part of another owner", "many more words that change the scores");
      await other("DELETE", `/api/items/${id}`);
      await create(other, "part");
    });
    expect(pages.flat().sort()).toEqual(["part 0", "part 1", "part 2", "part 3", "part 4"]);
  });

  test("have a cursor that is bound to the text, and shows only the items of the credential's owner", async () => {
    const call = await as("bound");
    for (let n = 0; n < 3; n++) await create(call, `part ${n}`);
    const next = nextOf(await call("GET", pathOf("part", "&limit=1"))) ?? "";
    const cursor = new URL(next, "https://api.example.test").searchParams.get("cursor") ?? "";
    const stranger = await as("bound-stranger");
    await create(stranger, "part of a stranger");
    for (const path of [pathOf("par", `&cursor=${cursor}`), `/api/items?cursor=${cursor}`])
      await problem(call("GET", path), 400, "invalid_cursor");
    const theirs = await stranger("GET", next);
    expect(await page(theirs)).toEqual([]);
    const list = nextOf(await call("GET", "/api/items?limit=1")) ?? "";
    await problem(call("GET", `${list}&q=part`), 400, "invalid_cursor");
  });
});

test("only limit and cursor combine with q", async () => {
  const call = await as("beside");
  for (const [name, value] of [
    ["order", "asc"],
    ["createdAfter", "2026-01-31T12:00:00Z"],
    ["createdBefore", "2026-01-31T12:00:00Z"],
  ] as const) {
    const { errors } = await problem(
      call("GET", pathOf("bolt", `&${name}=${value}`)),
      400,
      "invalid_request",
    );
    expect(errors).toEqual([{ in: "query", path: name, message: "does not combine with q" }]);
  }
});

test.each(["", " ", "x".repeat(201)])("the text %j is refused", async (q) => {
  const { errors } = await problem((await as("texts"))("GET", pathOf(q)), 400, "invalid_request");
  expect(errors).toMatchObject([{ in: "query", path: "q" }]);
});

test.each(["!!!", "x".repeat(200), "\u0000", "日本語", "a b c d e f g h i j k l m n o p q r s t u"])(
  "the text %j is accepted",
  async (q) => {
    expect(await page((await as("texts"))("GET", pathOf(q)))).toEqual([]);
  },
);
