/** The two implementations of validators agree: one says whether a value matches, the other says why not. */
import { v } from "convex/values";
import type { GenericValidator, ValidatorJSON, Value } from "convex/values";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matches } from "./matches";
import { explain } from "./validators";

const ids = { tableOf: (id: string) => ({ u1: "users", s1: "_storage" })[id] ?? null };

const scalars = [v.any(), v.null(), v.number(), v.int64(), v.boolean(), v.string(), v.bytes()];
const { validator } = fc.letrec<{ validator: GenericValidator }>((tie) => ({
  validator: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<GenericValidator>(
      ...scalars,
      v.id("users"),
      v.literal("a"),
      v.literal(1),
      v.literal(true),
    ),
    fc
      .record(
        { a: tie("validator"), b: tie("validator").map((inner) => v.optional(inner as never)) },
        { requiredKeys: [] },
      )
      .map((fields) => v.object(fields as never)),
    tie("validator").map((inner) => v.array(inner as never)),
    tie("validator").map((inner) => v.record(v.string(), inner as never)),
    fc.array(tie("validator"), { maxLength: 3 }).map((members) => v.union(...(members as []))),
  ),
}));
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, 1, NaN, 2n, true, false, "a", "u1", "s1", new ArrayBuffer(1)),
    fc.array(tie("value"), { maxLength: 2 }),
    fc
      .record(
        { a: fc.option(tie("value"), { nil: undefined }), b: tie("value"), c: tie("value") },
        { requiredKeys: [] },
      )
      .map((fields) => fields as Value),
  ),
}));

test("a value matches if and only if nothing is to be explained", () => {
  const seen = { matching: 0, other: 0 };
  fc.assert(
    fc.property(validator, value, (of, given) => {
      const { json } = of as unknown as { json: ValidatorJSON };
      const isMatch = matches(json, given, ids);
      seen[isMatch ? "matching" : "other"]++;
      expect(explain(json, given, ids, "") === null).toBe(isMatch);
    }),
    { numRuns: 2_000 },
  );
  expect(Math.min(seen.matching, seen.other)).toBeGreaterThan(100);
});
