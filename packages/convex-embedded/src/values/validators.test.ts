import { v } from "convex/values";
import type { GenericValidator, ValidatorJSON, Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { checkValue } from "./validators";

const ids = { tableOf: (id: string) => ({ u1: "users", i1: "items", s1: "_storage" })[id] ?? null };

/** `json` is internal to the package's types, but what every exported function carries. */
function check(validator: GenericValidator, value: Value | undefined): string | null {
  return checkValue((validator as unknown as { json: ValidatorJSON }).json, value, ids);
}

describe("what matches", () => {
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
    ["object beside an undefined extra field", v.object({}), { a: undefined }],
    ["union", v.union(v.string(), v.null()), null],
  ])("%s", (_name, validator, value) => {
    expect(check(validator, value)).toBeNull();
  });
});

describe("what does not match, in Convex's words", () => {
  test("a value of another type, with its path", () => {
    const validator = v.object({ foo: v.array(v.object({ bar: v.string() })) });
    expect(check(validator, { foo: [{ bar: "a" }, { bar: 1 }] })).toBe(
      "Value does not match validator.\nPath: .foo[1].bar\nValue: 1.0\nValidator: v.string()",
    );
  });

  test("at the top there is no path, but its line", () => {
    expect(check(v.string(), null)).toBe(
      "Value does not match validator.\n\nValue: null\nValidator: v.string()",
    );
  });

  test("a missing field", () => {
    expect(check(v.object({ name: v.string(), age: v.optional(v.number()) }), { age: 1 })).toBe(
      "Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` " +
        "if this is expected.\n\nObject: {age: 1.0}\nValidator: v.object({age: v.optional(v.float64()), name: v.string()})",
    );
  });

  test("an extra field", () => {
    expect(check(v.object({ inner: v.object({}) }), { inner: { x: 'a\n"b"' } })).toBe(
      "Object contains extra field `x` that is not in the validator.\nPath: .inner\n" +
        'Object: {x: "a\\n\\"b\\""}\nValidator: v.object({})',
    );
  });

  test("fields that every JavaScript object has are still missing, or extra", () => {
    expect(check(v.object({ constructor: v.any() }), {})).toContain(
      "missing the required field `constructor`",
    );
    expect(check(v.object({}), { constructor: 1 })).toContain("extra field `constructor`");
  });

  test("a literal", () => {
    expect(check(v.object({ kind: v.literal("a") }), { kind: "b" })).toBe(
      '`"b"` does not match literal validator `v.literal("a")`.Path: .kind',
    );
    expect(check(v.literal(3n), 4n)).toBe("`4` does not match literal validator `v.literal(<bigint>)`.");
    expect(check(v.literal(0), -0)).toBe("`-0.0` does not match literal validator `v.literal(0.0)`.");
  });

  test("an id of another table, of a system table, and no id", () => {
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

  test("a record's keys and values", () => {
    const validator = v.record(v.id("users"), v.number());
    expect(check(validator, { x: 1 })).toContain("Path: .keys()");
    expect(check(validator, { u1: "a" })).toContain("Path: .values()");
  });

  test("what follows a union is told in full, whatever its members found", () => {
    const either = v.union(v.object({ kind: v.literal("a") }), v.union(v.null(), v.string()));
    expect(check(v.object({ a: either, b: v.number() }), { a: "fits the last", b: "no number" })).toBe(
      'Value does not match validator.\nPath: .b\nValue: "no number"\nValidator: v.float64()',
    );
  });

  test("a union names all its members, one of one only that", () => {
    expect(check(v.union(v.string(), v.null()), 1n)).toBe(
      "Value does not match validator.\n\nValue: 1\nValidator: v.union(v.string(), v.null())",
    );
    expect(check(v.union(v.string()), 1n)).toContain("Validator: v.string()");
  });

  test("undefined is no value", () => {
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
  ])("%s is written %s", (value, text) => {
    expect(check(v.null(), value)).toContain(`\nValue: ${text}\n`);
  });
});
