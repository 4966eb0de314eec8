import { compareValues } from "convex/values";
import type { Value } from "convex/values";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AFTER_PREFIX, encodeKey, keyAfter, prefixEnd } from "./keys";

/** Numbers from random bits, so that infinities, zeros and subnormals occur. Only one NaN: see the test below. */
const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1, Number.MIN_VALUE, -Number.MIN_VALUE),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => fromBits(bits) || 0),
);

/** Strings that often contain zero bytes, code points next to the surrogates, and astral characters. */
const anyString = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\0",
      "a",
      "b",
      "\x7f",
      "\x80",
      "\u07ff",
      "\u0800",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "😀",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 6,
});
const anyBytes = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 0xfe, 0xff), fc.nat(255)), { maxLength: 5 })
  .map((bytes) => Uint8Array.from(bytes).buffer);
const anyName = fc.string({ unit: fc.constantFrom("a", "b", "_", " ", "~"), maxLength: 3 });

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    anyNumber,
    anyString,
    anyBytes,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(anyName, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const anyField = fc.option(anyValue, { nil: undefined });
const anyTuple = fc.array(anyField, { maxLength: 3 });

test("keys sort like Convex sorts the values", () => {
  fc.assert(
    fc.property(anyField, anyField, (a, b) => {
      expect(Math.sign(Buffer.compare(encodeKey([a]), encodeKey([b])))).toBe(Math.sign(compareValues(a, b)));
    }),
    { numRuns: 3000 },
  );
});

test("keys of values that differ in one place keep the order of that place", () => {
  const nested = fc.tuple(
    anyField,
    fc.array(anyValue, { maxLength: 2 }),
    fc.array(anyValue, { maxLength: 2 }),
  );
  fc.assert(
    fc.property(nested, anyValue, anyValue, ([lead, before, after], a, b) => {
      const left = encodeKey([lead, [...before, a, ...after], { k: a }]);
      const right = encodeKey([lead, [...before, b, ...after], { k: b }]);
      expect(Math.sign(Buffer.compare(left, right))).toBe(Math.sign(compareValues(a, b)));
    }),
    { numRuns: 1000 },
  );
});

test("different values have different keys", () => {
  fc.assert(
    fc.property(anyTuple, anyTuple, (a, b) => {
      const same = a.length === b.length && a.every((value, i) => compareValues(value, b[i]) === 0);
      expect(encodeKey(a).equals(encodeKey(b))).toBe(same);
    }),
    { numRuns: 2000 },
  );
});

test("a prefix's range contains exactly the tuples that begin with it", () => {
  fc.assert(
    fc.property(anyTuple, anyTuple, (prefix, other) => {
      const start = encodeKey(prefix);
      const end = prefixEnd(start);
      const longer = encodeKey([...prefix, ...other]);
      expect(start.compare(longer) <= 0 && longer.compare(end) < 0).toBe(true);

      const begins = prefix.every((value, i) => i < other.length && compareValues(value, other[i]) === 0);
      const key = encodeKey(other);
      expect(start.compare(key) <= 0 && key.compare(end) < 0).toBe(begins);
    }),
    { numRuns: 2000 },
  );
});

test("a key is never a prefix of another value's key", () => {
  fc.assert(
    fc.property(anyField, anyField, (a, b) => {
      fc.pre(compareValues(a, b) !== 0);
      const [left, right] = [encodeKey([a]), encodeKey([b])];
      expect(right.subarray(0, left.length).equals(left)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

describe("edges", () => {
  test("a value's encoding never begins with the byte that ends a prefix's range", () => {
    fc.assert(fc.property(anyField, (value) => encodeKey([value])[0] !== AFTER_PREFIX));
  });

  test("strings sort by code point, unlike UTF-16", () => {
    const [last, astral] = ["\uffff", "\u{10000}"].sort().reverse();
    expect(last).toBe("\uffff");
    expect(encodeKey([last]).compare(encodeKey([astral]))).toBe(-1);
  });

  test("NaN has one key for all its bit patterns, after all other numbers", () => {
    const bits = [
      0x7ff8_0000_0000_0000n,
      0xfff8_0000_0000_0000n,
      0x7ff0_0000_0000_0001n,
      0xffff_ffff_ffff_ffffn,
    ];
    for (const each of bits) expect(encodeKey([fromBits(each)])).toEqual(encodeKey([NaN]));
    expect(encodeKey([NaN]).compare(encodeKey([Infinity]))).toBe(1);
    expect(encodeKey([NaN]).compare(encodeKey([false]))).toBe(-1);
  });

  test("a field that is undefined is ignored, as in a stored document", () => {
    expect(encodeKey([{ a: 1, b: undefined }])).toEqual(encodeKey([{ a: 1 }]));
  });

  test("values larger than the scratch buffer are encoded completely", () => {
    const long = "é\0".repeat(50_000);
    expect(encodeKey([long, 1]).length).toBe(1 + 50_000 * 4 + 2 + 9);
    expect(encodeKey([new ArrayBuffer(100_000)]).length).toBe(200_003);
  });

  test("keyAfter returns the smallest key after a key", () => {
    const key = encodeKey(["a"]);
    expect(key.compare(keyAfter(key))).toBe(-1);
    expect(keyAfter(key).compare(encodeKey(["a", undefined]))).toBe(-1);
  });

  test.each([
    ["a lone surrogate", "\ud800", "lone surrogate"],
    ["a bigint beyond 64 bits", 2n ** 63n, "64-bit"],
    ["a function", (() => null) as unknown as Value, "not a Convex value"],
  ])("%s is refused", (_name, value, message) => {
    expect(() => encodeKey([value])).toThrow(message);
  });
});

function fromBits(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
