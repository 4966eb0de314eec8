import { v } from "convex/values";
import type { GenericValidator } from "convex/values";
import { expect, test } from "vitest";
import { validatorProblem } from "./validatorRules";

// `convex/values` gives validators a `json` property that its types omit.
const problemOf = (validator: GenericValidator) =>
  validatorProblem((validator as unknown as { json: Parameters<typeof validatorProblem>[0] }).json);

test.each<[string, GenericValidator]>([
  [
    "names of letters, digits and underscores",
    v.object({ a1_: v.string(), _b: v.object({ __c: v.null() }) }),
  ],
  ["a name of 64 characters", v.object({ ["a".repeat(64)]: v.any() })],
  ["a record by strings or ids", v.record(v.union(v.string(), v.id("items")), v.number())],
  ["an empty union", v.union()],
  ["a literal of each type", v.union(v.literal("a"), v.literal(1), v.literal(true), v.literal(1n))],
])("%s: a deploy accepts the validator", (_name, validator) => {
  expect(problemOf(validator)).toBeNull();
});

test.each<[string, GenericValidator, string]>([
  [
    "a hyphen",
    v.object({ "a-b": v.string() }),
    "Identifier a-b has invalid character '-': Identifiers can only contain alphanumeric characters or underscores",
  ],
  [
    "a digit first",
    v.object({ "1a": v.string() }),
    "Invalid first character '1' in 1a: Identifiers must start with an alphabetic character or underscore",
  ],
  ["an empty name", v.object({ "": v.string() }), "Identifier cannot be empty"],
  ["only underscores", v.object({ __: v.string() }), "Identifier __ cannot have exclusively underscores"],
  ["a long name", v.object({ ["a".repeat(65)]: v.any() }), "Identifier is too long (65 > maximum 64)"],
  [
    "a nested name",
    v.object({ list: v.array(v.object({ "a b": v.string() })) }),
    "Invalid validator for key `list`: Identifier a b has invalid character ' '",
  ],
  [
    "a union's member",
    v.union(v.null(), v.object({ "a.b": v.null() })),
    "Identifier a.b has invalid character",
  ],
  ["a table", v.id("my-items"), "Identifier my-items has invalid character '-'"],
])("a name with %s is refused", (_name, validator, message) => {
  expect(problemOf(validator)).toContain(message);
});

test.each<[string, Parameters<typeof validatorProblem>[0], string]>([
  [
    "keys of another type",
    record({ type: "number" }),
    "Your validator contains a record with key typed as `v.float64()`, which is not a subtype of `v.string()`",
  ],
  [
    "literal keys",
    record({ type: "union", value: [{ type: "string" }, { type: "literal", value: "a" }] }),
    "Records cannot have string literal keys",
  ],
  ["optional values", record({ type: "string" }, true), "Records cannot have optional values"],
])("a record with %s is refused", (_name, validator, message) => {
  expect(validatorProblem(validator)).toContain(message);
});

/** Returns the JSON of a record that `v.record` itself may refuse to create. */
function record(keys: object, optional = false): Parameters<typeof validatorProblem>[0] {
  const json = { type: "record", keys, values: { fieldType: { type: "null" }, optional } };
  return json as unknown as Parameters<typeof validatorProblem>[0];
}
