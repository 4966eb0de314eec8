import type { Value } from "convex/values";
import { expect, test } from "vitest";
import type { SearchEntry } from "./entry";
import { entryOf, recordsOf } from "./entry";
import type { Postings } from "./postings";
import { numberAt, recordBytes } from "./postings";
import type { IndexReader } from "./query";
import { searchQuery, termsOf } from "./query";
import { search } from "./search";

const FIELDS = { searchField: "text", filterFields: ["owner"] };

/** Returns an index of documents, which are numbered from 1 unless numbers are given. */
function indexOf(documents: readonly Record<string, Value>[], numbers?: readonly number[]): IndexReader {
  const entries = documents.map((document) => entryOf(FIELDS, (path) => document[path]));
  const terms = new Map<string, Buffer[]>();
  for (const [i, entry] of entries.entries()) {
    for (const { term, record } of recordsOf(entry, numbers?.[i] ?? i + 1)) {
      const key = term.toString("latin1");
      terms.set(key, [...(terms.get(key) ?? []), record]);
    }
  }
  const total = (of: (entry: SearchEntry) => number): number =>
    entries.reduce((sum, entry) => sum + of(entry), 0);
  const postings = (term: Buffer): Postings | null => {
    const records = terms.get(term.toString("latin1"));
    if (records === undefined) return null;
    // One block for each pair of postings.
    const size = 2 * recordBytes(term);
    const all = Buffer.concat(records);
    const blocks = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
      all.subarray(i * size, (i + 1) * size),
    );
    return {
      documents: records.length,
      blockAt: (number) => blocks.findLast((block) => numberAt(block, 0) <= number) ?? null,
    };
  };
  return {
    counts: () => ({ documents: documents.length, tokens: total(({ length }) => length) }),
    postings,
    *withPrefix(prefix) {
      const start = prefix.toString("latin1");
      for (const key of [...terms.keys()].filter((term) => term.startsWith(start)).sort()) {
        const term = Buffer.from(key, "latin1");
        yield { term, postings: postings(term) as Postings };
      }
    },
  };
}

const textsOf = (texts: readonly string[]): Record<string, Value>[] => texts.map((text) => ({ text }));
const find = (index: IndexReader, text: string, owner?: Value): (readonly [number, number])[] =>
  search(index, searchQuery(FIELDS, text, owner === undefined ? [] : [{ path: "owner", value: owner }])).map(
    ({ number, score }) => [number, score],
  );

// Computed by hand: idf = ln(1 + (N − n + 0.5) / (n + 0.5)); idf × 2.2 × f / (f + 1.2 × (0.25 + 0.75 × length / average)).
test("scores are BM25 with k1 = 1.2 and b = 0.75, and half of it for a beginning of a word", () => {
  const index = indexOf(textsOf(["red bolt", "red red red nut", "bolts", "long text without any"]));
  const average = 11 / 4;
  const bm25 = (n: number, frequency: number, length: number): number =>
    Math.log(1 + (4 - n + 0.5) / (n + 0.5)) *
    2.2 *
    (frequency / (frequency + 1.2 * (0.25 + (0.75 * length) / average)));
  const close = (
    found: readonly (readonly [number, number])[],
    expected: readonly [number, number][],
  ): void => {
    expect(found.map(([number]) => number)).toEqual(expected.map(([number]) => number));
    for (const [i, [, score]] of expected.entries()) expect(found[i]?.[1]).toBeCloseTo(score, 5);
  };
  close(find(index, "red"), [
    [2, bm25(2, 3, 4)],
    [1, bm25(2, 1, 2)],
  ]);
  close(find(index, "bolt"), [
    [1, bm25(1, 1, 2)],
    [3, bm25(1, 1, 1) / 2],
  ]);
  close(find(index, "red bolt"), [
    [1, bm25(2, 1, 2) + bm25(1, 1, 2)],
    [2, bm25(2, 3, 4)],
    [3, bm25(1, 1, 1) / 2],
  ]);
});

test("scores have 32 bits", () => {
  for (const [, score] of find(indexOf(textsOf(["a b", "a", "c a a"])), "a b c"))
    expect(score).toBe(Math.fround(score));
});

test("a token counts once in a search, and in full if it also begins with the last token", () => {
  const index = indexOf(textsOf(["bolts", "bolt", "nut"]));
  const [[, whole] = [0, 0]] = find(index, "bolts");
  expect(find(index, "bolts bolts")).toEqual(find(index, "bolts"));
  expect(find(index, "bolts bolt")).toContainEqual([1, whole]);
});

test("documents without text count, but their filter values do not change scores", () => {
  const documents = [{ text: "bolt", owner: "ada" }, { owner: "ada" }, { text: 5 }];
  const index = indexOf(documents);
  expect(index.counts()).toEqual({ documents: 3, tokens: 1 });
  expect(find(index, "bolt", "ada")).toEqual(find(index, "bolt"));
  expect(find(index, "bolt", "bob")).toEqual([]);
});

test("only the first 16 tokens of a search count, and of these the last is a beginning", () => {
  const words = Array.from({ length: 17 }, (_, i) => `w${i + 10}`);
  expect(searchQuery(FIELDS, words.join(" "), []).tokens).toEqual(words.slice(0, 16));
  const index = indexOf(textsOf(["w25x", "w26", "w24x"]));
  expect(find(index, words.join(" "))).toHaveLength(1);
});

test("a search has at most 64 terms with those of its filters: first the whole words, then others in the order of their bytes", () => {
  const tokens = Array.from({ length: 100 }, (_, i) => `w${String(i).padStart(2, "0")}`);
  const index = indexOf([
    { text: tokens.join(" "), owner: "ada" },
    { text: "w", owner: "bob" },
    { text: "zebra" },
  ]);
  const terms = (text: string, filters: { path: string; value: Value }[]): string[] =>
    (termsOf(index, searchQuery(FIELDS, text, filters))?.alternatives ?? []).map(({ term }) =>
      term.toString("utf8", 1),
    );
  expect(terms("w", [])).toEqual(["w", ...tokens.slice(0, 63)]);
  expect(terms("zebra w", [{ path: "owner", value: "ada" }])).toEqual(["w", ...tokens.slice(0, 61), "zebra"]);
  expect(terms("w99 w98 w", [])).toEqual(["w", ...tokens.slice(0, 61), "w98", "w99"]);
});

test("matches are found in windows of numbers that are far apart", () => {
  const numbers = [
    1,
    2,
    4095,
    4096,
    4097,
    8191,
    8192,
    1_000_000,
    1_000_001,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 40 - 1,
  ];
  const documents = numbers.map((number, i) => ({
    text: i % 3 === 0 ? "bolt" : "bolt nut",
    owner: i % 2,
    number,
  }));
  const index = indexOf(documents, numbers);
  const newestFirst = (keep: (i: number) => boolean): number[] => numbers.filter((_, i) => keep(i)).reverse();
  expect(find(index, "nut").map(([number]) => number)).toEqual(newestFirst((i) => i % 3 !== 0));
  expect(find(index, "nut", 1).map(([number]) => number)).toEqual(
    newestFirst((i) => i % 3 !== 0 && i % 2 === 1),
  );
  const both = find(index, "bolt nut").map(([number]) => number);
  expect(both.toSorted((a, b) => a - b)).toEqual(numbers);
});
