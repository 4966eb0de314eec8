import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../lib/failure.lib";
import type { Position } from "../../lib/page.lib";
import { pageCall } from "./paging.kit";

const URL_OF_LIST = "https://api.example.test/api/things";

const position = fc.record({
  time: fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => time + 0),
  id: fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{1,40}$/),
});

/** The URL of the page after a position, as the link has it. */
function next(after: Position, url = URL_OF_LIST, list = "listThings"): URL {
  const { Link } = pageCall(list, {}, url).link(after);
  return new URL(/^<(.*)>; rel="next"$/.exec(Link ?? "")?.[1] ?? "", url);
}
const cursorOf = (url: URL) => url.searchParams.get("cursor") ?? "";
const read = (cursor: string, url = URL_OF_LIST, list = "listThings") =>
  pageCall(list, { cursor }, url).request;

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureOf(error)?.code;
  }
};

test("a position comes back from its cursor", () => {
  fc.assert(
    fc.property(position, (after) => {
      const cursor = cursorOf(next(after));
      expect(read(cursor)).toEqual({ limit: 10, after });
      expect(cursor).toMatch(/^[\w-]{1,200}$/);
    }),
  );
});

test("a cursor with any one character changed, dropped or added is refused", () => {
  const anyCharacter = fc.string({ unit: "binary", minLength: 1, maxLength: 1 });
  fc.assert(
    fc.property(position, fc.nat(), anyCharacter, (after, n, character) => {
      const cursor = cursorOf(next(after));
      const at = n % cursor.length;
      const [before, behind] = [cursor.slice(0, at), cursor.slice(at + 1)];
      for (const altered of [
        before + character + behind,
        before + behind,
        before + character + cursor.slice(at),
      ])
        if (altered !== cursor)
          expect(
            codeOf(() => read(altered)),
            altered,
          ).toBe("invalid_cursor");
    }),
    { numRuns: 500 },
  );
});

test("any text that was not issued is refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(codeOf(() => read(text))).toBe("invalid_cursor");
    }),
  );
});

describe("a cursor is bound", () => {
  const after = { time: 1, id: "a" };

  test("to its list", () => {
    expect(codeOf(() => read(cursorOf(next(after)), URL_OF_LIST, "listOthers"))).toBe("invalid_cursor");
  });

  test("to its filters, in whatever order they come", () => {
    const filtered = next(after, `${URL_OF_LIST}?status=failed&source=stripe`);
    expect(read(cursorOf(filtered), `${URL_OF_LIST}?source=stripe&status=failed`)).toMatchObject({ after });
    for (const query of [
      "",
      "?status=failed",
      "?status=pending&source=stripe",
      "?source=failed&status=stripe",
    ])
      expect(
        codeOf(() => read(cursorOf(filtered), URL_OF_LIST + query)),
        query,
      ).toBe("invalid_cursor");
  });

  test("to the parameters of its path", () => {
    const link = pageCall("listThings", {}, URL_OF_LIST, ["shelf1"]).link(after);
    const cursor = cursorOf(new URL(/^<(.*)>/.exec(link.Link ?? "")?.[1] ?? "", URL_OF_LIST));
    const request = (shelf: string) => pageCall("listThings", { cursor }, URL_OF_LIST, [shelf]).request;
    expect(request("shelf1")).toMatchObject({ after });
    expect(codeOf(() => request("shelf2"))).toBe("invalid_cursor");
  });

  test("to its order, which is desc by default", () => {
    const ascending = cursorOf(next(after, `${URL_OF_LIST}?order=asc`));
    expect(read(ascending, `${URL_OF_LIST}?order=asc`)).toMatchObject({ after });
    expect(codeOf(() => read(ascending))).toBe("invalid_cursor");
    expect(read(cursorOf(next(after)), `${URL_OF_LIST}?order=desc`)).toMatchObject({ after });
  });

  test("not to its limit", () => {
    expect(read(cursorOf(next(after, `${URL_OF_LIST}?limit=3`)), `${URL_OF_LIST}?limit=5`)).toMatchObject({
      after,
    });
  });
});

describe("the link", () => {
  test("is path-absolute and keeps limit and filters, including special characters", () => {
    const url = `${URL_OF_LIST}?limit=3&name=${encodeURIComponent('a&b=c "<>"')}&cursor=old`;
    const { Link } = pageCall("listThings", {}, url).link({ time: 1, id: "a" });
    expect(Link).toMatch(/^<\/api\/things\?[^<>"\s]+>; rel="next"$/);
    const { searchParams } = next({ time: 1, id: "a" }, url);
    expect([searchParams.get("limit"), searchParams.get("name")]).toEqual(["3", 'a&b=c "<>"']);
    expect(searchParams.getAll("cursor")).toHaveLength(1);
  });

  test("is missing after the last page", () => {
    expect(pageCall("listThings", {}, URL_OF_LIST).link(undefined)).toEqual({});
  });
});

describe("the query", () => {
  const request = (query: Record<string, string>) =>
    pageCall("listThings", query, `${URL_OF_LIST}?${new URLSearchParams(query).toString()}`).request;

  test("gives the function its arguments: order, times in milliseconds, and filters", () => {
    const query = { order: "asc", createdAfter: "2026-01-31T12:00:00Z", status: "failed", limit: "3" };
    expect(request(query)).toEqual({
      limit: 3,
      order: "asc",
      createdAfter: Date.parse(query.createdAfter),
      status: "failed",
    });
    expect(request({ order: "desc" })).toEqual({ limit: 10 });
  });

  test("has times of whole milliseconds: digits below count as the next millisecond", () => {
    const time = Date.parse("2026-01-31T12:00:00.123Z");
    for (const [text, ms] of [
      ["2026-01-31T12:00:00.123Z", time],
      ["2026-01-31T12:00:00.123000Z", time],
      ["2026-01-31T12:00:00.123001Z", time + 1],
      ["2026-01-31T13:00:00.1230009+01:00", time + 1],
    ] as const)
      expect(request({ createdBefore: text }), text).toMatchObject({ createdBefore: ms });
  });
});

describe("a search", () => {
  const url = `${URL_OF_LIST}?q=bolt`;
  const next = { rank: 20 };

  test("gets its text, its limit and its position, and no list gets its cursor", () => {
    const { search, link } = pageCall("listThings", { q: "bolt" }, url);
    expect(search).toEqual({ q: "bolt", limit: 10 });
    const target = /^<(.*)>/.exec(link(next).Link ?? "")?.[1] ?? "";
    const cursor = cursorOf(new URL(target, url));
    expect(pageCall("listThings", { q: "bolt", cursor }, url).search).toEqual({
      q: "bolt",
      limit: 10,
      after: next,
    });
    for (const other of [URL_OF_LIST, `${URL_OF_LIST}?q=bol`])
      expect(codeOf(() => pageCall("listThings", { q: "bol", cursor }, other))).toBe("invalid_cursor");
  });
});

test("a page holds ten unless told otherwise", () => {
  expect(pageCall("listThings", {}, URL_OF_LIST).request).toEqual({ limit: 10 });
  expect(pageCall("listThings", { limit: "100" }, URL_OF_LIST).request).toEqual({ limit: 100 });
});
