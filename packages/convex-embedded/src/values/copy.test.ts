import type { JSONValue, Value } from "convex/values";
import { convexToJson, jsonToConvex } from "convex/values";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { copyPlain } from "./copy";

/** Copies a value through JSON text. Returns `null` if it is refused. */
function slowPath(value: unknown): Value | null {
  try {
    return jsonToConvex(JSON.parse(JSON.stringify(convexToJson(value as Value))) as JSONValue);
  } catch {
    return null;
  }
}

const names = fc.oneof(
  fc.string(),
  fc.constantFrom("$x", "é", "__proto__", "a b", "10", "2", "x".repeat(1025)),
);
const leaves = fc.oneof(
  ...[fc.string(), fc.string({ unit: "binary" }), fc.double(), fc.boolean(), fc.constant(null)],
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.slice().buffer),
  fc.constantFrom(undefined, Symbol("s"), new Date(0), new Map(), () => 1, new URL("http://a/")),
);
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaves,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: false }),
  ),
}));

test("a copy equals the copy through JSON text, or copyPlain returns null", () => {
  let copies = 0;
  fc.assert(
    fc.property(anything, (value) => {
      const copy = copyPlain(value);
      if (copy === null) return;
      copies++;
      const expected = slowPath(value);
      expect(copy.value).toStrictEqual(expected);
      expect(shape(copy.value)).toBe(shape(expected));
    }),
    { numRuns: 3_000 },
  );
  expect(copies).toBeGreaterThan(500);
});

test("plain data is copied with sorted fields", () => {
  const value = { b: [1, -0, NaN, { z: null, a: 2n }], a: "text", gone: undefined };
  const copy = copyPlain(value)?.value as typeof value;
  expect(JSON.stringify(Object.keys(copy))).toBe('["a","b"]');
  expect(copy.b).toStrictEqual([1, -0, NaN, { a: 2n, z: null }]);
});

test("a copy shares nothing with the original", () => {
  const bytes = new Uint8Array([1, 2]).buffer;
  const value = { list: [{ bytes }] };
  const copy = copyPlain(value)?.value as typeof value;
  new Uint8Array(bytes)[0] = 9;
  value.list.push({ bytes });
  expect(copy.list).toHaveLength(1);
  expect([...new Uint8Array(copy.list[0]?.bytes as ArrayBuffer)]).toEqual([1, 2]);
});

test("maxBytes is an upper bound of the bytes that Convex counts", async () => {
  const { getConvexSize } = await import("convex/values");
  fc.assert(
    fc.property(anything, (value) => {
      const copy = copyPlain(value);
      if (copy !== null) expect(copy.maxBytes).toBeGreaterThanOrEqual(getConvexSize(copy.value));
    }),
  );
});

/** A text that also depends on the order of fields. */
function shape(value: Value): string {
  return JSON.stringify(convexToJsonInOrder(value));
}

function convexToJsonInOrder(value: Value): unknown {
  if (Array.isArray(value)) return value.map(convexToJsonInOrder);
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return typeof value;
  return Object.entries(value).map(([name, field]) => [name, convexToJsonInOrder(field as Value)]);
}
