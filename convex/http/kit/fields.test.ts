import * as z from "zod/mini";
import { expect, test, vi } from "vitest";
import { atMost, email, futureTime, integer, text, time, wholeNumber } from "./fields.kit";
import { toTime } from "./productFormats.kit";

test("text is trimmed, and counted after that", () => {
  expect(text(3).parse(" abc ")).toBe("abc");
  expect(text(3).safeParse("abcd").success).toBe(false);
  expect(text(3).safeParse(" \t\n ").success).toBe(false);
});

test("length limits count code points, as JSON Schema does", () => {
  const counted = z.string().check(atMost(3));
  expect(z.toJSONSchema(counted)).toMatchObject({ type: "string", maxLength: 3 });
  for (const fits of ["", "abc", "😀😀😀", "a😀b", "é̀", "\ud800".repeat(3)])
    expect(counted.safeParse(fits).success, fits).toBe(true);
  for (const longer of ["abcd", "😀😀😀😀", "a😀bc", "\ud800".repeat(4), "x".repeat(1_000_000)])
    expect(counted.safeParse(longer).success, longer.slice(0, 9)).toBe(false);
});

test("length limits of a list count its elements", () => {
  const counted = z.array(z.string()).check(atMost(2));
  expect(z.toJSONSchema(counted)).toMatchObject({ type: "array", maxItems: 2 });
  expect(counted.safeParse(["😀😀😀", "b"]).success).toBe(true);
  expect(counted.safeParse(["a", "b", "c"]).success).toBe(false);
});

test.each([
  ["2030-01-31T12:00:00Z", true],
  ["2030-01-31T12:00:00.123456789Z", true],
  ["2030-01-31T12:00:00+05:30", true],
  ["2028-02-29T00:00:00Z", true],
  ["9999-12-31T23:59:59.999Z", true],
  ["9999-12-31T23:59:59-00:01", false],
  ["0000-01-01T00:00:00Z", true],
  ["0000-01-01T00:00:00+00:01", false],
  ["2030-02-29T00:00:00Z", false],
  ["2030-04-31T00:00:00Z", false],
  ["2030-13-01T00:00:00Z", false],
  ["2030-01-31T24:00:00Z", false],
  ["2030-01-31T12:60:00Z", false],
  ["2030-01-31T12:00:00", false],
  ["2030-01-31 12:00:00Z", false],
  ["2030-01-31T12:00Z", false],
  ["2030-01-31", false],
  ["1893456000", false],
  ["", false],
])("%j is a time: %s", (value, good) => {
  expect(time().safeParse(value).success).toBe(good);
});

test("a future time is later than now, to the millisecond", () => {
  vi.useFakeTimers({ now: Date.parse("2030-01-31T12:00:00Z") });
  expect(futureTime().safeParse("2030-01-31T12:00:00Z").success).toBe(false);
  expect(futureTime().safeParse("2030-01-31T12:00:00.001Z").success).toBe(true);
  expect(futureTime().safeParse("2030-01-31T12:30:00+01:00").success).toBe(false);
  vi.useRealTimers();
});

test.each([
  ["ada@example.com", true],
  ["a.b+c_d@sub.example.co", true],
  ["ada@example", false],
  ["ada@@example.com", false],
  ["ada@-example.com", false],
  ["ada@example.com\n", false],
  [`${"a".repeat(242)}@example.com`, true],
  [`${"a".repeat(243)}@example.com`, false],
])("%j is an email address: %s", (value, good) => {
  expect(email().safeParse(value).success).toBe(good);
});

test.each([
  ["1", true],
  ["100", true],
  ["0", false],
  ["101", false],
  ["01", true],
  ["1.0", false],
  ["1e1", false],
  ["+1", false],
  ["٣", false],
  [" 1", false],
  ["", false],
])("%j is a whole number from 1 to 100 in a query: %s", (value, good) => {
  expect(wholeNumber(1, 100).safeParse(value).success).toBe(good);
});

test("an integer in a body is a number, within its bounds", () => {
  for (const good of [0, 9, -0, 1]) expect(integer(0, 9).safeParse(good).success).toBe(true);
  for (const bad of [-1, 10, 0.5, "1", null, true]) expect(integer(0, 9).safeParse(bad).success).toBe(false);
});

test("milliseconds become RFC 3339 in UTC", () => {
  expect(toTime(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(toTime(1769860800123.456)).toBe("2026-01-31T12:00:00.123Z");
});
