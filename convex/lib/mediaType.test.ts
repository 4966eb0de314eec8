import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mimeOf } from "../../packages/convex-embedded/src/files/mime";
import { parseMediaType, storableType } from "./mediaType.lib";

/** Valid types that Convex's storage refuses, and the form that is stored instead. */
const UNUSUAL: [string, string][] = [
  ["text/plain ; charset=utf-8", "text/plain; charset=utf-8"],
  ['text/plain; charset=""', "text/plain"],
  ["a/b;;c=d", "a/b; c=d"],
  ['a/b; c="\\"x\\""; d=e', "a/b; d=e"],
  ["a/b; c=d  ", "a/b; c=d"],
  ["a/b\t;\tc=d", "a/b; c=d"],
  ['a/b; c="\td"', "a/b"],
  ['a/b; c="d"\t', "a/b; c=d"],
  ["a/b; ;", "a/b"],
];

describe("storableType", () => {
  test.each(UNUSUAL)("%j becomes %j", (text, stored) => {
    expect(mimeOf(text)).toBeNull();
    expect(storableType(text)).toBe(stored);
    expect(mimeOf(stored)).not.toBeNull();
  });

  test.each([
    ["text/plain", "text/plain"],
    ["Text/Plain; charset=UTF-8", "Text/Plain; charset=UTF-8"],
    ['a/b; c="d e"', 'a/b; c="d e"'],
    ['a/b; c="d\\\\e\\f"', 'a/b; c="d\\\\ef"'],
    ['a/b; c="\\\\"', 'a/b; c="\\\\"'],
    ["no type", ""],
  ])("%j becomes %j", (text, stored) => {
    expect(storableType(text)).toBe(stored);
  });

  test("storage accepts the stored form of any valid header", () => {
    const single = ["a", "b", "*", ";", "=", '"', "\\", " ", "\t", ",", "/"];
    const piece = fc.constantFrom(...single, "; ", "c=d", 'c="', "charset=utf-8", '""');
    const header = fc.array(piece, { maxLength: 12 }).map((pieces) => `a/b${pieces.join("")}`);
    fc.assert(
      fc.property(header, (text) => {
        const stored = storableType(text);
        expect(stored === "").toBe(parseMediaType(text) === undefined);
        if (stored !== "") expect(mimeOf(stored)).not.toBeNull();
        // Storing the rebuilt type again changes nothing.
        expect(storableType(stored)).toBe(stored);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  "",
  "a",
  "a/",
  "/b",
  "a/b c",
  "a/b, c/d",
  "a/b; c",
  'a/b; c="',
  "a/é",
  "*/*",
  "a/*; q=1",
  "a/b\n",
])("%j is not a media type", (text) => {
  expect(parseMediaType(text)).toBeUndefined();
});

test("parsing a header full of spaces takes linear time", () => {
  expect(parseMediaType(`a/b${"; ".repeat(8_000)}?`)).toBeUndefined();
  expect(parseMediaType(`a/b;${" ".repeat(16_000)}?`)).toBeUndefined();
});
