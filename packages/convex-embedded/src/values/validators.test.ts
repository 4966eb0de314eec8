import { v } from "convex/values";
import type { GenericValidator, ValidatorJSON, Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { checkValue } from "./validators";

const ids = { tableOf: (id: string) => ({ u1: "users", i1: "items", s1: "_storage" })[id] ?? null };

/** `json` is not part of the package's public types, but exported functions contain it. */
function check(validator: GenericValidator, value: Value | undefined): string | null {
  return checkValue((validator as unknown as { json: ValidatorJSON }).json, value, ids);
}

describe("values that match", () => {
  test.each<[string, GenericValidator, Value]>([
    ["any", v.any(), { a: [null] }],
    ["null", v.null(), null],
    ["number", v.number(), NaN],
    ["bigint", v.int64(), 1n],
    ["boolean", v.boolean(), false],
    ["string", v.string(), ""],
    ["bytes", v.bytes(), new ArrayBuffer(1)],
    ["literal string", v.literal("a"), "a"],
    ["literal bigint", v.literal(3n), 3n],
    ["id", v.id("users"), "u1"],
    ["empty array", v.array(v.string()), []],
    ["array", v.array(v.string()), ["a"]],
    ["record", v.record(v.string(), v.number()), { a: 1 }],
    ["record by id", v.record(v.id("users"), v.number()), { u1: 1 }],
    ["object", v.object({ a: v.number() }), { a: 1 }],
    ["object without an optional field", v.object({ a: v.optional(v.number()) }), {}],
    ["object whose optional field is undefined", v.object({ a: v.optional(v.number()) }), { a: undefined }],
    ["object with an undefined extra field", v.object({}), { a: undefined }],
    ["union", v.union(v.string(), v.null()), null],
  ])("%s", (_name, validator, value) => {
    expect(check(validator, value)).toBeNull();
  });
});

describe("Convex's message for a value that does not match", () => {
  test("names the path of a value with the wrong type", () => {
    const validator = v.object({ foo: v.array(v.object({ bar: v.string() })) });
    expect(check(validator, { foo: [{ bar: "a" }, { bar: 1 }] })).toBe(
      "Value does not match validator.\nPath: .foo[1].bar\nValue: 1.0\nValidator: v.string()",
    );
  });

  test("has an empty line for the path at the top level", () => {
    expect(check(v.string(), null)).toBe(
      "Value does not match validator.\n\nValue: null\nValidator: v.string()",
    );
  });

  test("names a missing field", () => {
    expect(check(v.object({ name: v.string(), age: v.optional(v.number()) }), { age: 1 })).toBe(
      "Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` " +
        "if this is expected.\n\nObject: {age: 1.0}\nValidator: v.object({age: v.optional(v.float64()), name: v.string()})",
    );
  });

  test("names an extra field", () => {
    expect(check(v.object({ inner: v.object({}) }), { inner: { x: 'a\n"b"' } })).toBe(
      "Object contains extra field `x` that is not in the validator.\nPath: .inner\n" +
        'Object: {x: "a\\n\\"b\\""}\nValidator: v.object({})',
    );
  });

  test("treats inherited properties of objects as missing or extra fields", () => {
    expect(check(v.object({ constructor: v.any() }), {})).toContain(
      "missing the required field `constructor`",
    );
    expect(check(v.object({}), { constructor: 1 })).toContain("extra field `constructor`");
  });

  test("names the literal that was expected", () => {
    expect(check(v.object({ kind: v.literal("a") }), { kind: "b" })).toBe(
      '`"b"` does not match literal validator `v.literal("a")`.Path: .kind',
    );
    expect(check(v.literal(3n), 4n)).toBe("`4` does not match literal validator `v.literal(<bigint>)`.");
    expect(check(v.literal(0), -0)).toBe("`-0.0` does not match literal validator `v.literal(0.0)`.");
  });

  test("distinguishes ids of another table, ids of a system table, and other text", () => {
    expect(check(v.id("items"), "u1")).toBe(
      'Found ID "u1" from table `users`, which does not match the table name in validator `v.id("items")`.',
    );
    expect(check(v.object({ file: v.id("items") }), { file: "s1" })).toBe(
      'Found ID "s1" from a system table, which does not match the table name in validator `v.id("items")`.Path: .file',
    );
    expect(check(v.id("items"), "nope")).toBe(
      'Value does not match validator.\n\nValue: "nope"\nValidator: v.id("items")',
    );
  });

  test("has the path of a record's keys and values", () => {
    const validator = v.record(v.id("users"), v.number());
    expect(check(validator, { x: 1 })).toContain("Path: .keys()");
    expect(check(validator, { u1: "a" })).toContain("Path: .values()");
  });

  test("is complete for a field after a union with failed members", () => {
    const either = v.union(v.object({ kind: v.literal("a") }), v.union(v.null(), v.string()));
    expect(check(v.object({ a: either, b: v.number() }), { a: "fits the last", b: "not a number" })).toBe(
      'Value does not match validator.\nPath: .b\nValue: "not a number"\nValidator: v.float64()',
    );
  });

  test("lists all members of a union, or the only one", () => {
    expect(check(v.union(v.string(), v.null()), 1n)).toBe(
      "Value does not match validator.\n\nValue: 1\nValidator: v.union(v.string(), v.null())",
    );
    expect(check(v.union(v.string()), 1n)).toContain("Validator: v.string()");
  });

  test("does not accept undefined for any", () => {
    expect(check(v.any(), undefined)).toContain("Value: undefined\nValidator: v.any()");
  });

  test.each<[Value, string]>([
    [1.5, "1.5"],
    [1e21, "1e21"],
    [1e16, "1e16"],
    [1e15, "1000000000000000.0"],
    [0.0001, "0.0001"],
    [0.00001, "1e-5"],
    [-Infinity, "-inf"],
    [NaN, "NaN"],
    [Uint8Array.of(1, 2).buffer, 'b"AQI="'],
    ["\0\u0001", '"\\0\\u{1}"'],
    [{ b: [true], a: undefined }, "{b: [true]}"],
  ])("formats %s as %s", (value, text) => {
    expect(check(v.null(), value)).toContain(`\nValue: ${text}\n`);
  });
});
