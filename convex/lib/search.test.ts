import { validate } from "convex-helpers/validators";
import { v } from "convex/values";
import { expect, test } from "vitest";
import { failureOf } from "./failure.lib";
import { MAX_RANKED, rankedPageOf, readRanked, searchArgs, type RankedPosition } from "./search.lib";

/** The results of a search. Counts the documents that were read. */
function results(count: number, text = "") {
  const search = {
    read: 0,
    async *[Symbol.asyncIterator]() {
      for (; search.read < count;) yield await Promise.resolve({ n: search.read++, text });
    },
  };
  return search;
}

async function walk(count: number, limit: number, text?: string): Promise<number[][]> {
  const pages: number[][] = [];
  let after: RankedPosition | undefined;
  do {
    const { docs, next } = await readRanked({ limit, ...(after && { after }) }, results(count, text));
    pages.push(docs.map(({ n }) => n));
    after = next;
  } while (after);
  return pages;
}

test("pages return the results by rank, and the last full page is the end", async () => {
  expect(await walk(5, 2)).toEqual([[0, 1], [2, 3], [4]]);
  expect(await walk(4, 2)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(await walk(0, 2)).toEqual([[]]);
});

test("pages end after the first 1,000", async () => {
  for (const count of [MAX_RANKED, MAX_RANKED + 1, 1024]) {
    const pages = await walk(count, 99);
    expect(pages.flat()).toEqual(Array.from({ length: MAX_RANKED }, (_, n) => n));
  }
});

test("pages of very long documents end before a transaction has read too much", async () => {
  const text = "x".repeat(100_000);
  expect((await walk(1000, 50, text)).flat()).toHaveLength(Math.ceil((12 * 1024 * 1024) / 100_000));
});

test("a page reads one document more than it returns", async () => {
  const search = results(100);
  await readRanked({ limit: 10, after: { rank: 20 } }, search);
  expect(search.read).toBe(31);
});

test.each([-1, 0.5, NaN, 1000, 1e9])("the rank %d is refused", async (rank) => {
  const error: unknown = await readRanked({ limit: 1, after: { rank } }, results(1)).catch(
    (caught: unknown) => caught,
  );
  expect(failureOf(error)?.code).toBe("invalid_cursor");
});

test("a page and the request for the next page match the validators of a search function", async () => {
  const page = await readRanked({ limit: 1 }, results(2));
  const returns = rankedPageOf(v.object({ n: v.number(), text: v.string() }));
  expect(validate(returns, page)).toBe(true);
  const request = { q: "bolt", limit: 1, after: page.next };
  expect(request.after).toEqual({ rank: 1 });
  expect(validate(v.object(searchArgs), request)).toBe(true);
});
