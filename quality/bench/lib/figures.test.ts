import { expect, test } from "vitest";
import type { Figure } from "./figures";
import { atLeast, atMost, tableOf, verdictOf } from "./figures";

const figure = (value: number, goal?: Figure["goal"]): Figure => ({
  name: "reads <of> ids",
  value,
  unit: "×",
  ...(goal && { goal }),
});

test.each([
  [figure(0.4, atLeast(0.35)), "ok"],
  [figure(0.3, atLeast(0.35)), "short, within tolerance"],
  [figure(0.29, atLeast(0.35)), "missed"],
  [figure(1.3, atMost(1.3)), "ok"],
  [figure(1.4, atMost(1.3)), "short, within tolerance"],
  [figure(1.6, atMost(1.3)), "missed"],
  [figure(0, atMost(0)), "ok"],
  [figure(1, atMost(0)), "missed"],
  [figure(1.6), null],
])("%j is %s", (given, verdict) => {
  expect(verdictOf(given)).toBe(verdict);
});

test("the table shows each goal and its verdict", () => {
  expect(tableOf([figure(0.412, atLeast(0.35)), figure(12345)])).toBe(
    "reads <of> ids       0.41 ×    at least 0.35: ok\nreads <of> ids     12,345 ×",
  );
});
