import type { JSONValue, Value } from "convex/values";
import { convexToJson } from "convex/values";
import { expect, test } from "vitest";
import { compileFilter } from "./filter";

const document = { name: "bolt", rank: 3, big: 7n, nested: { deep: true }, list: [1], nothing: null };
const field = (path: string) => ({ $field: path });
const literal = (value: Value) => ({ $literal: convexToJson(value) });
const missing = { $literal: { $undefined: null } };
const holds = (filter: JSONValue) => compileFilter(filter)(document);

test.each<[string, JSONValue]>([
  ["equality", { $eq: [field("name"), literal("bolt")] }],
  ["equality of bigints", { $eq: [field("big"), literal(7n)] }],
  ["a missing field is undefined", { $eq: [field("absent"), missing] }],
  ["a missing field is not null", { $neq: [field("absent"), literal(null)] }],
  ["null is null", { $eq: [field("nothing"), literal(null)] }],
  ["a missing field sorts before null", { $lt: [field("absent"), literal(null)] }],
  ["dotted paths", { $eq: [field("nested.deep"), literal(true)] }],
  ["a path into a string is undefined", { $eq: [field("name.length"), missing] }],
  ["a path into a list is undefined", { $eq: [field("list.0"), missing] }],
  ["a path to a list's length is undefined", { $eq: [field("list.length"), missing] }],
  ["a path to an inherited property is undefined", { $eq: [field("nested.constructor"), missing] }],
  ["types have an order: bigint before number", { $lt: [field("big"), field("rank")] }],
  ["types have an order: number before string", { $gt: [field("name"), field("rank")] }],
  ["and", { $and: [literal(true), { $gte: [field("rank"), literal(3)] }] }],
  ["or", { $or: [literal(false), { $lte: [field("rank"), literal(3)] }] }],
  ["an empty `and` is true, an empty `or` is false", { $not: { $and: [{ $and: [] }, { $or: [] }] } }],
  ["arithmetic", { $eq: [{ $mod: [{ $add: [field("rank"), literal(4)] }, literal(5)] }, literal(2)] }],
  ["bigints divide towards zero", { $eq: [{ $div: [{ $neg: field("big") }, literal(2n)] }, literal(-3n)] }],
])("%s", (_name, filter) => {
  expect(holds(filter)).toBe(true);
});

test("`and` and `or` stop at the first decisive operand", () => {
  expect(holds({ $and: [literal(false), literal("not a boolean")] })).toBe(false);
  expect(holds({ $or: [literal(true), literal("not a boolean")] })).toBe(true);
});

test("invalid expressions are refused with Convex's messages", () => {
  expect(() => holds({ $add: [field("name"), literal(1)] })).toThrow(
    'Cannot add "bolt" (type String) and 1.0 (type Float64)',
  );
  expect(() => holds({ $neg: field("absent") })).toThrow("Cannot negate undefined (type Undefined)");
  expect(() => holds(field("name"))).toThrow("Expected a boolean in a filter");
  expect(() => holds({ $eq: [literal(1)] })).toThrow("Malformed filter expression");
  expect(() => holds({ $like: [field("name"), literal("b")] })).toThrow("Malformed filter expression");
});
