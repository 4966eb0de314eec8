import { convexToJson } from "convex/values";
import type { JSONValue, Value } from "convex/values";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromLine, toLine } from "./values";

const stored = (value: Value): string => JSON.stringify(convexToJson(value));

/** Values in Convex's format. The first nine are from its own tests (`crates/value/src/export.rs`). */
const FORMS: [Value, string][] = [
  [42n, "42"],
  [2n ** 63n - 1n, "9223372036854775807"],
  [0, "0.0"],
  [-0, "-0.0"],
  [-1.7976931348623157e308, "-1.7976931348623157e308"],
  [2.2250738585072014e-308, "2.2250738585072014e-308"],
  [Infinity, '{"$float":"AAAAAAAA8H8="}'],
  [Uint8Array.of(0, 16, 131).buffer, '{"$bytes":"ABCD"}'],
  ["Hello world", '"Hello world"'],
  [-(2n ** 63n), "-9223372036854775808"],
  [-Infinity, '{"$float":"AAAAAAAA8P8="}'],
  [NaN, '{"$float":"AAAAAAAA+H8="}'],
  [123, "123.0"],
  [1e21, "1e21"],
  [5e-324, "5e-324"],
  [1.5, "1.5"],
  [null, "null"],
  [true, "true"],
  ['-1 "2.5" \\', '"-1 \\"2.5\\" \\\\"'],
  [[1, [2n], {}], "[1.0,[2],{}]"],
  [{ a: { b: 1n }, "c d": [] }, '{"a":{"b":1},"c d":[]}'],
];

test.each(FORMS)("%s is written as Convex writes it", (value, text) => {
  expect(toLine(stored(value))).toBe(text);
  expect(stored(fromLine(text))).toBe(stored(value));
});

const anyText = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
const anyName = fc.stringMatching(/^[a-zA-Z][ -~]{0,8}$/);
const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    anyText,
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    fc.array(tie("value")),
    fc.dictionary(anyName, tie("value"), { noNullPrototype: true }),
  ),
}));

test("every stored value comes back byte for byte", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(stored(fromLine(toLine(stored(value))))).toBe(stored(value));
    }),
  );
});

test("a line is JSON with the same values, apart from the distinction of int64", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noDefaultInfinity: true, noNaN: true })), (numbers) => {
      expect(JSON.parse(toLine(stored(numbers)))).toEqual(numbers);
    }),
  );
});

test("numbers are parsed as Convex parses them, with any whitespace", () => {
  const line = ' { "a" : [ 1 , -0 , 1e2 , 9223372036854775808 , -1.0E-2 ] , "1" : "2" } ';
  expect(fromLine(line)).toEqual({ a: [1n, -0, 100, 9223372036854775808, -0.01], "1": "2" });
  // Convex's encoded forms are accepted too.
  expect(fromLine('{"$integer":"KgAAAAAAAAA="}')).toBe(42n);
});

test.each([
  ["", "JSON"],
  ["{", "JSON"],
  ['{"a":01}', "JSON"],
  ["[1.]", "JSON"],
  ["-", "JSON"],
  ["1e999", "1e999 is out of the range of numbers"],
  ['{"$bytes":1}', "Malformed $bytes"],
  ['{"$float":"AAAAAAAA8D8="}', "should be encoded as a number"],
  ['{"$integer":"AA=="}', "expected 8 for $integer"],
  ['{"$commitTs":null}', "Field name $commitTs starts with '$', which is reserved."],
  ['{"a":{"$bytes":"","b":1}}', "Field name $bytes starts with '$', which is reserved."],
])("%s is refused", (line, problem) => {
  expect(() => fromLine(line)).toThrow(problem);
});

test("a field named __proto__ is preserved, so that validation can refuse it", () => {
  expect(Object.keys(fromLine('{"__proto__":1}') as Record<string, JSONValue>)).toEqual(["__proto__"]);
});
