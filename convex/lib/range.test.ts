import { describe, expect, test } from "vitest";
import { parseRange } from "./range.lib";

describe("parseRange returns the offsets of a range of 1000 bytes", () => {
  test.each([
    ["bytes=0-0", { start: 0, end: 0 }],
    ["bytes=10-19", { start: 10, end: 19 }],
    ["Bytes=990-", { start: 990, end: 999 }],
    ["bytes=990-5000", { start: 990, end: 999 }],
    ["bytes=-10", { start: 990, end: 999 }],
    ["bytes=-5000", { start: 0, end: 999 }],
    [" bytes=1-2 ", { start: 1, end: 2 }],
  ])("%s", (header, range) => {
    expect(parseRange(header, 1000)).toEqual(range);
  });
});

test.each(["bytes=1000-", "bytes=1000-2000", "bytes=-0"])("%s lies outside 1000 bytes", (header) => {
  expect(parseRange(header, 1000)).toBe("unsatisfiable");
});

test.each([
  undefined,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=a-b",
  "bytes=2-1",
  "bytes=0-1,5-6",
  "items=0-1",
])("%j requests the whole representation", (header) => {
  expect(parseRange(header, 1000)).toBeUndefined();
});
