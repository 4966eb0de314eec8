import { expect, test } from "vitest";
import { nextWait, readRetryAfter } from "./retry.lib";

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR)];

test("the waits grow from 5 seconds to 24 hours, vary by a tenth, and end", () => {
  for (const [at, wait] of WAITS.entries()) {
    const waits = Array.from({ length: 100 }, () => nextWait(at + 1) ?? 0);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.9 * wait);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.1 * wait);
    expect(new Set(waits).size).toBeGreaterThan(1);
  }
  expect(nextWait(WAITS.length + 1)).toBeUndefined();
});

test("Retry-After lengthens a wait, to a day at most, and never shortens it", () => {
  expect(nextWait(1, MINUTE)).toBe(MINUTE);
  expect(nextWait(1, 1000 * HOUR)).toBe(24 * HOUR);
  expect(nextWait(4, SECOND)).toBeGreaterThan(HOUR);
});

test.each([
  ["120", 120_000],
  [" 0 ", 0],
  ["Sun, 06 Nov 1994 08:49:37 GMT", 37_000],
  ["Sun, 06 Nov 1994 08:00:00 GMT", 0],
  ["-5", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["1994-11-06", undefined],
  ["", undefined],
  [null, undefined],
])("Retry-After: %j is %j ms", (header, expected) => {
  expect(readRetryAfter(header, Date.UTC(1994, 10, 6, 8, 49, 0))).toBe(expected);
});
