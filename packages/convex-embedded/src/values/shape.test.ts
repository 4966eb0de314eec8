import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { copyPlain } from "./copy";
import { shapeProblem } from "./shape";

/** Returns null within `levels` nested lists and objects, in turn. */
function nested(levels: number): Value {
  let value: Value = null;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { inner: value };
  return value;
}

const list = (length: number): Value => Array<null>(length).fill(null);
const object = (count: number): Value =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, null]));

describe("arguments at the limits", () => {
  test.each<[string, Value]>([
    ["no levels", null],
    ["63 levels", nested(63)],
    ["8,192 elements", list(8192)],
    ["1,024 fields", object(1024)],
    ["many shallow values side by side", Array.from({ length: 100 }, () => nested(60))],
  ])("%s", (_name, value) => {
    expect(shapeProblem(value, 1)).toBeNull();
    // Common values take the fast path.
    expect(copyPlain(value)?.value).toEqual(value);
  });
});

test("a result may have one more level than arguments, which are wrapped in a list", () => {
  expect(shapeProblem(nested(64))).toBeNull();
  expect(shapeProblem(nested(64), 1)).toContain("too nested");
});

describe("values refused with Convex's message", () => {
  test.each<[string, Value, string]>([
    ["65 levels", nested(65), "Value is too nested (nested 65 levels deep > maximum nesting 64)"],
    ["extreme nesting", nested(100_000), "Value is too nested (nested 65 levels deep"],
    ["8,193 elements", { a: list(8193) }, "Array length is too long (8193 > maximum length 8192)"],
    ["1,025 fields", [object(1025)], "Object has too many fields (1025 > maximum number 1024)"],
  ])("%s", (_name, value, message) => {
    expect(shapeProblem(value)).toContain(message);
    expect(copyPlain(value)).toBeNull();
  });
});

test("fields that are undefined do not count", () => {
  const fields = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, undefined]));
  expect(shapeProblem({ ...fields, one: 1 })).toBeNull();
});
