import type { JSONValue, Value } from "convex/values";
import { expect, test } from "vitest";
import type { Hint } from "./shapes";
import { fromShaped, parseShape, UNKNOWN } from "./shapes";

const read = (shape: string, json: JSONValue, hint?: Hint): Value =>
  fromShaped(json, shape === "" ? UNKNOWN : parseShape(shape), hint);

test("documents of older snapshots are decoded as in Convex's own tests", () => {
  // From `crates/exports/src/tests.rs`.
  const system = '"_creationTime": normalfloat64, "_id": "jd7c"';
  const document = (foo: JSONValue): JSONValue => ({ _creationTime: 1, _id: "jd7c", foo });
  expect(read(`{${system}, "foo": int64}`, document("1"))).toMatchObject({ foo: 1n });
  expect(read(`{${system}, "foo": field_name}`, document("1"))).toMatchObject({ foo: "1" });
  const mixed = `{${system}, "foo": array<int64 | field_name>}`;
  expect(read(mixed, document(["1", "1"]), { foo: ["int64", "infer"] })).toMatchObject({ foo: [1n, "1"] });
});

test.each<[string, JSONValue, Hint | undefined, Value]>([
  // The shape determines the type.
  ["bytes", "ABCD", undefined, Uint8Array.of(0, 16, 131).buffer],
  ["-inf", "-Infinity", undefined, -Infinity],
  ["inf | null", "Infinity", undefined, Infinity],
  ["normalfloat64 | int64", 5, undefined, 5],
  ["normalfloat64 | int64", "5", undefined, 5n],
  ["id<10001>", "jd7c", undefined, "jd7c"],
  ['"a" | "b"', "b", undefined, "b"],
  ["record<field_name, array<int64>>", { a: ["7"] }, undefined, { a: [7n] }],
  ['{"a"?: int64, "b": {"c": bytes}}', { b: { c: "" } }, undefined, { b: { c: new ArrayBuffer(0) } }],
  ['{"a": int64} | {"b": string}', { b: "1" }, undefined, { b: "1" }],
  ["never | boolean", true, undefined, true],
  // The shape is ambiguous: a string stays a string unless a hint says otherwise.
  ["int64 | string", "1", undefined, "1"],
  ["int64 | string", "-1", "int64", -1n],
  ["float64", "NaN", { $float64NaN: "AAAAAAAA+H8=" }, NaN],
  ["float64 | string", "Infinity", "float64inf", Infinity],
  ["unknown", { a: ["ABCD"] }, { a: ["bytes"] }, { a: [Uint8Array.of(0, 16, 131).buffer] }],
  ["unknown", { a: "1", b: [1, null] }, undefined, { a: "1", b: [1, null] }],
  // No generated schema.
  ["", { a: "1", b: 2 }, undefined, { a: "1", b: 2 }],
])("with the shape %s, %o and the hint %o give %o", (shape, json, hint, value) => {
  expect(read(shape, json, hint)).toStrictEqual(value);
});

test.each([
  "",
  "int",
  "array<int64",
  '{"a" int64}',
  "int64 |",
  "int64 string",
  "set<int64>",
  "record<string>",
])("'%s' is not a shape", (text) => {
  expect(() => parseShape(text)).toThrow("the shape cannot be parsed from");
});

test.each<[JSONValue, Hint]>([
  ["x", "int64"],
  ["x", "float64inf"],
  ["x", ["infer"]],
  [["x"], ["infer", "infer"]],
  [["x"], "bytes"],
  [{ a: 1 }, ["infer"]],
])("%o does not match the hint %o", (json, hint) => {
  expect(() => read("unknown", json, hint)).toThrow("its generated schema says");
});
