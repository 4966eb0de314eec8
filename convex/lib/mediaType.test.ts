import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mimeOf } from "../../packages/convex-embedded/src/files/mime";
import { parseMediaType, storableType } from "./mediaType.lib";

/** Legal types that Convex's storage refuses as they are, and what it is given instead. */
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

describe("a type that is to be stored", () => {
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

  test("is one that storage takes, whatever the header says", () => {
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

test("a header full of blanks takes no longer than others", () => {
  expect(parseMediaType(`a/b${"; ".repeat(8_000)}?`)).toBeUndefined();
  expect(parseMediaType(`a/b;${" ".repeat(16_000)}?`)).toBeUndefined();
});
