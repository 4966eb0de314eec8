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

test("a page holds ten unless told otherwise", () => {
  expect(pageCall("listThings", {}, URL_OF_LIST).request).toEqual({ limit: 10 });
  expect(pageCall("listThings", { limit: "100" }, URL_OF_LIST).request).toEqual({ limit: 100 });
});
