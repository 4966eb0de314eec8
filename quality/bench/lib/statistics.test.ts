import { expect, test } from "vitest";
import { median, medianRatio, percentile, verdict } from "./statistics";

test("median returns the middle value, or the mean of the two middle values", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 10])).toBe(3);
  expect(() => median([])).toThrow("of no values");
});

test("median does not reorder its values", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test("a round that is slow for both sides does not change the ratio", () => {
  expect(medianRatio([20, 22, 200], [10, 11, 100])).toBe(2);
  expect(medianRatio([1, 2, 3], [1, 2, 3])).toBe(1);
  expect(() => medianRatio([1, 2], [1])).toThrow("Round 1 has no base");
});

test("a budget fails only if it is exceeded by more than 15 %", () => {
  expect(verdict(1.6, 1.6)).toBe("ok");
  expect(verdict(1.8, 1.6)).toBe("over, within tolerance");
  expect(verdict(1.85, 1.6)).toBe("exceeded");
});

test("a percentile is the smallest value that this share of the values does not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow("of no values");
});
