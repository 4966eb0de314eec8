import { describe, expect, test } from "vitest";
import { as, useEngine, type Call } from "../testing/engine.testing";
import { json, nextOf, page, problem } from "../testing/replies.testing";

useEngine();

/** Creates items in order, so that the last one is the newest. */
async function fill(call: Call, names: readonly string[]): Promise<void> {
  for (const name of names) await json(call("POST", "/api/items", { name }), 201);
}

const numbered = (count: number, prefix = "item") => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const namesOf = async (response: Response) => (await page(response)).map((item) => item["name"] as string);

/** Returns the names on each page, starting with a path. Runs `between` after each page. */
async function walk(
  call: Call,
  start: string,
  between: (turn: number) => Promise<void> = () => Promise.resolve(),
) {
  const pages: string[][] = [];
  let path: string | undefined = start;
  while (path !== undefined) {
    const response: Response = await call("GET", path);
    path = nextOf(response);
    pages.push(await namesOf(response));
    await between(pages.length);
  }
  return pages;
}

describe("a page", () => {
  test("contains the caller's own items, newest first, ten by default", async () => {
    const [ada, eve] = [await as("ten-ada"), await as("ten-eve")];
    const names = numbered(12);
    await fill(ada, names);
    await fill(eve, ["hers"]);
    expect(await namesOf(await ada("GET", "/api/items"))).toEqual(names.toReversed().slice(0, 10));
    expect(await namesOf(await eve("GET", "/api/items"))).toEqual(["hers"]);
  });

  test("shows items as the single read does", async () => {
    const call = await as("same");
    const item = await json(call("POST", "/api/items", { name: "bolt", description: "M8" }), 201);
    expect(await page(call("GET", "/api/items"))).toEqual([item]);
  });

  test("of an empty list is an empty array without a link", async () => {
    const response = await (await as("empty"))("GET", "/api/items");
    expect([await page(response), response.headers.get("link")]).toEqual([[], null]);
  });

  test.each(["0", "101", "-1", "1.5", "ten", "", " 5", "+5", "1e1", "9999999999"])(
    "a limit of %j is refused",
    async (limit) => {
      const call = await as("limits");
      const { detail, errors } = await problem(
        call("GET", `/api/items?limit=${encodeURIComponent(limit)}`),
        400,
        "invalid_request",
      );
      expect(detail).toBe("limit: must be an integer from 1 to 100");
      expect(errors).toMatchObject([{ in: "query", path: "limit" }]);
    },
  );

  test.each(["1", "100"])("a limit of %s is accepted", async (limit) => {
    await page((await as("limits"))("GET", `/api/items?limit=${limit}`));
  });
});

describe("the link to the next page", () => {
  test("is path-absolute, keeps the limit, and is missing on the last page", async () => {
    const call = await as("links");
    await fill(call, numbered(4));
    const first = await call("GET", "/api/items?limit=3");
    expect(nextOf(first)).toMatch(/^\/api\/items\?(.*&)?limit=3(&|$)/);
    const second = await call("GET", nextOf(first) ?? "");
    expect([await namesOf(second), second.headers.get("link")]).toEqual([["item0"], null]);
  });

  test("is missing on the last page, even if that page is full", async () => {
    const call = await as("full");
    await fill(call, numbered(4));
    expect(await walk(call, "/api/items?limit=2")).toEqual([
      ["item3", "item2"],
      ["item1", "item0"],
    ]);
  });

  test("works with another limit", async () => {
    const call = await as("relimited");
    await fill(call, numbered(5));
    const next = nextOf(await call("GET", "/api/items?limit=1")) ?? "";
    expect(await walk(call, next.replace("limit=1", "limit=3"))).toEqual([
      ["item3", "item2", "item1"],
      ["item0"],
    ]);
  });
});

describe("walking the links while others write", () => {
  test("new items neither repeat nor hide an older item", async () => {
    const call = await as("inserts");
    const names = numbered(7);
    await fill(call, names);
    const pages = await walk(call, "/api/items?limit=2", (turn) => fill(call, numbered(3, `late${turn}-`)));
    expect(pages.flat()).toEqual(names.toReversed());
  });

  test("deleting the item at the cursor hides no other item", async () => {
    const call = await as("deletes");
    await fill(call, numbered(4));
    const first = await call("GET", "/api/items?limit=2");
    const last = (await page(first.clone()))[1];
    expect((await call("DELETE", `/api/items/${String(last?.["id"])}`)).status).toBe(204);
    expect((await walk(call, nextOf(first) ?? "")).flat()).toEqual(["item1", "item0"]);
  });
});

describe("a cursor", () => {
  const refused = async (call: Call, path: string) => {
    const { detail } = await problem(call("GET", path), 400, "invalid_cursor");
    expect(detail).toBe("cursor: was not issued by this list with these filters");
  };

  test("that is altered, truncated or made up is refused", async () => {
    const call = await as("cursors");
    await fill(call, numbered(2));
    const next = new URL(nextOf(await call("GET", "/api/items?limit=1")) ?? "", "https://api.example.test");
    const cursor = next.searchParams.get("cursor") ?? "";
    const altered = (cursor.startsWith("A") ? "B" : "A") + cursor.slice(1);
    for (const wrong of [
      altered,
      cursor.slice(0, -1),
      cursor.slice(1),
      cursor + "0",
      "x",
      "00000000",
      "😀",
      "\0",
    ])
      await refused(call, `/api/items?limit=1&cursor=${encodeURIComponent(wrong)}`);
  });

  test("of another list is refused", async () => {
    const call = await as("foreign");
    await as("foreign");
    await fill(call, ["bolt"]);
    const keys = nextOf(await call("GET", "/api/keys?limit=1")) ?? "";
    expect(keys).toContain("/api/keys?");
    await refused(call, keys.replace("/api/keys", "/api/items"));
    await refused(call, keys.replace("/api/keys", "/api/users"));
  });

  test("of another caller lists only the items of the credential's owner", async () => {
    const [ada, eve] = [await as("cursor-ada"), await as("cursor-eve")];
    await fill(eve, ["hers"]);
    await fill(ada, numbered(3));
    const next = nextOf(await ada("GET", "/api/items?limit=1")) ?? "";
    expect((await walk(eve, next)).flat()).toEqual(["hers"]);
  });

  test.each(["cursor=", `cursor=${"x".repeat(201)}`])(
    "that is empty or too long is refused: %#",
    async (query) => {
      await refused(await as("cursors"), `/api/items?${query}`);
    },
  );
});
