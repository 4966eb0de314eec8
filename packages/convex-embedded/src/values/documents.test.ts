import type { Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { checkDocument, checkShape } from "./documents";

const system = { _id: "x".repeat(32), _creationTime: 1 };
const ids = { tableOf: () => null };

/** Returns null within `levels` nested arrays. */
function nested(levels: number): Value {
  let value: Value = null;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

function fields(count: number): Record<string, Value> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, null]));
}

describe("documents at the limits", () => {
  test.each<[string, Record<string, Value | undefined>]>([
    ["15 levels below the document", { ...system, a: nested(15) }],
    ["1,024 fields, system fields counted", { ...system, ...fields(1022) }],
    ["an array of 8,192", { ...system, a: Array<null>(8192).fill(null) }],
    ["a MiB", { ...system, a: "x".repeat(1024 * 1024 - 70) }],
    ["names with spaces", { ...system, "a b~": 1 }],
    ["an empty name", { ...system, "": { "": 1 } }],
    ["nested names that begin with an underscore", { ...system, a: [{ _id: 1, _b: { __c: 2 } }] }],
    ["a field that is undefined", { ...system, a: undefined }],
    ["astral characters", { ...system, a: "😀" }],
  ])("%s", (_name, document) => {
    expect(checkShape(document)).toBeNull();
  });
});

describe("documents refused with Convex's message", () => {
  test.each<[string, Record<string, Value>, string]>([
    ["depth", { a: nested(16) }, "Document is too nested (nested 17 levels deep > maximum nesting 16)"],
    ["extreme depth", { a: nested(20_000) }, "Document is too nested"],
    ["fields", fields(1023), "Object has too many fields (1025 > maximum number 1024)"],
    ["arrays", { a: Array<null>(8193).fill(null) }, "Array length is too long (8193 > maximum length 8192)"],
    ["size", { a: "x".repeat(2 ** 20) }, "Value is too large (1 MiB > maximum size 1 MiB)"],
    ["larger size", { a: "x".repeat(1.5 * 2 ** 20) }, "Value is too large (1.50 MiB > maximum size 1 MiB)"],
    ["dollar", { a: { $b: 1 } }, "Field name $b starts with '$', which is reserved."],
    ["beyond ASCII", { é: 1 }, "Field name é has invalid character 'é'"],
    ["control characters", { "a\n": 1 }, "Field names can only contain non-control ASCII characters"],
    ["long names", { ["a".repeat(1025)]: 1 }, "Field name is too long (1025 > maximum 1024)"],
    [
      "system fields",
      { _x: 1 },
      "Field '_x' starts with an underscore, which is only allowed for system fields",
    ],
    ["half a surrogate pair", { a: ["\ud83d"] }, "lone surrogate"],
  ])("%s", (_name, document, message) => {
    expect(checkShape({ ...system, ...document })).toContain(message);
  });
});

describe("the schema of a table", () => {
  const documentType = {
    type: "object",
    value: { name: { fieldType: { type: "string" }, optional: false } },
  } as const;

  test("is validated without system fields", () => {
    expect(checkDocument({ name: "users", documentType }, { ...system, name: "ada" }, ids)).toBeNull();
  });

  test("gives an error that names the table", () => {
    expect(checkDocument({ name: "users", documentType }, { ...system, name: 1 }, ids)).toBe(
      'Failed to insert or update a document in table "users" because it does not match the schema: ' +
        "Value does not match validator.\nPath: .name\nValue: 1.0\nValidator: v.string()",
    );
  });

  test("may be absent or any", () => {
    expect(checkDocument({ name: "users", documentType: null }, { a: 1 }, ids)).toBeNull();
    expect(checkDocument({ name: "users", documentType: { type: "any" } }, { a: 1 }, ids)).toBeNull();
  });
});
