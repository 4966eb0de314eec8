import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRange } from "./range";

test.each([
  [undefined, 10, "whole"],
  ["bytes=0-", 10, { start: 0, end: 9 }],
  ["bytes=0-0", 10, { start: 0, end: 0 }],
  ["bytes=2-5", 10, { start: 2, end: 5 }],
  ["bytes=2-99", 10, { start: 2, end: 9 }],
  ["bytes=9-", 10, { start: 9, end: 9 }],
  ["bytes=-1", 10, { start: 9, end: 9 }],
  ["bytes=-99", 10, { start: 0, end: 9 }],
  ["Bytes= 1-2 ,", 10, { start: 1, end: 2 }],
  ["bytes=-0", 10, "unsatisfiable"],
  ["bytes=10-", 10, "unsatisfiable"],
  ["bytes=10-20", 10, "unsatisfiable"],
  [`bytes=${"9".repeat(400)}-`, 10, "unsatisfiable"],
  [`bytes=1-${"9".repeat(400)}`, 10, { start: 1, end: 9 }],
  ["bytes=0-1,3-4", 10, "whole"],
  ["bytes=0-1,30-40", 10, "whole"],
  ["bytes=20-30,30-40", 10, "unsatisfiable"],
  ["bytes=5-2", 10, "whole"],
  ["bytes=", 10, "whole"],
  ["bytes=a-b", 10, "whole"],
  ["bytes=1-2-3", 10, "whole"],
  ["bytes=--1", 10, "whole"],
  ["bytes=1.5-2", 10, "whole"],
  ["items=0-1", 10, "whole"],
  ["0-1", 10, "whole"],
  ["bytes=0-", 0, "whole"],
  ["bytes=-5", 0, "whole"],
] as const)("%s of %i bytes", (header, size, expected) => {
  expect(parseRange(header, size)).toEqual(expected);
});

test("every parsed range lies within the file and is not empty", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9,\- ]{0,12}$/));
  fc.assert(
    fc.property(text, fc.nat({ max: 50 }), (specs, size) => {
      const range = parseRange(`bytes=${specs}`, size);
      if (typeof range === "string") return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThan(size);
    }),
  );
});
