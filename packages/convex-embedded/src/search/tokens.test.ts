import { expect, test } from "vitest";
import { LENGTHS, lengthCode } from "./lengths";
import { tokensOf } from "./tokens";

test.each([
  ["letters and numbers, in lower case", "Steel BOLT, M8x40", ["steel", "bolt", "m8x40"]],
  ["every occurrence", "a A b", ["a", "a", "b"]],
  ["numbers of any kind", "½ ⅷ ٣ x²", ["½", "ⅷ", "٣", "x²"]],
  ["a run of ideographs as one token", "東京 都庁に行く", ["東京", "都庁に行く"]],
  [
    "parts around apostrophes, underscores and combining marks",
    "it's a_b e\u0301t",
    ["it", "s", "a", "b", "e", "t"],
  ],
  ["accents as they are", "Ünïcode café", ["ünïcode", "café"]],
  ["a sigma at the end of a word like any other sigma", "ΟΔΟΣ", ["οδοσ"]],
  ["characters that have two in lower case", "İx", ["i̇x"]],
  ["characters outside the basic plane", "𝔸𐐀 🎉", ["𝔸𐐨"]],
  ["nothing of punctuation", " – … \u200b", []],
])("tokens are %s", (_what, text, tokens) => {
  expect([...tokensOf(text)]).toEqual(tokens);
});

test("a token of 32 UTF-8 bytes is dropped, counted before it is converted to lower case", () => {
  expect([...tokensOf(`${"a".repeat(31)} ${"b".repeat(32)} c`)]).toEqual(["a".repeat(31), "c"]);
  expect([...tokensOf(`${"é".repeat(15)} ${"é".repeat(16)}`)]).toEqual(["é".repeat(15)]);
  // İ has two bytes, and three in lower case.
  expect([...tokensOf("İ".repeat(15))]).toEqual(["i̇".repeat(15)]);
});

test("lengths are exact up to 40 and then rounded down to four significant bits", () => {
  expect(LENGTHS.slice(38, 60)).toEqual([
    38, 39, 40, 42, 44, 46, 48, 50, 52, 54, 56, 60, 64, 68, 72, 76, 80, 84, 88, 96, 104, 112,
  ]);
  expect(LENGTHS.at(-1)).toBe(2_013_265_944);
  const rounded = [0, 1, 39, 40, 41, 42, 43, 57, 59, 60, 103, 104].map(
    (length) => LENGTHS[lengthCode(length)],
  );
  expect(rounded).toEqual([0, 1, 39, 40, 40, 42, 42, 56, 56, 60, 96, 104]);
});
