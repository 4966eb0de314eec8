import { expect, test } from "vitest";
import { median, medianRatio, percentile, verdict } from "./statistics";

test("the median of an odd and of an even number of values", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 10])).toBe(3);
  expect(() => median([])).toThrow("No values");
});

test("the median leaves its values in their order", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test("a round that was slow for everything does not move the ratio", () => {
  expect(medianRatio([20, 22, 200], [10, 11, 100])).toBe(2);
  expect(medianRatio([1, 2, 3], [1, 2, 3])).toBe(1);
  expect(() => medianRatio([1, 2], [1])).toThrow("Round 1 has no base");
});

test("a budget may be missed by 15 % before it fails", () => {
  expect(verdict(1.6, 1.6)).toBe("ok");
  expect(verdict(1.8, 1.6)).toBe("over, within tolerance");
  expect(verdict(1.85, 1.6)).toBe("exceeded");
});

test("a percentile is the value that so many do not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow("No values");
});
