import { convexToJson } from "convex/values";
import type { Value } from "convex/values";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { documentOf, textOf } from "./stored";

const name = fc.constantFrom("b", "a", "_id", "10", "9", "text");
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, 1, -0, NaN, Infinity, 2n, true, "a", 'a "$b"', "\u2028", new ArrayBuffer(2)),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  ),
}));

test("a document's text is Convex's JSON, and the document can be read from it", () => {
  fc.assert(
    fc.property(fc.dictionary(name, fc.option(value, { nil: undefined }), { maxKeys: 4 }), (document) => {
      const text = textOf(document);
      expect(text).toBe(JSON.stringify(convexToJson(document as Value)));
      const present = Object.entries(document).filter(([, field]) => field !== undefined);
      expect(documentOf(text)).toEqual(Object.fromEntries(present));
    }),
    { numRuns: 1_000 },
  );
});

test("a field name that Convex reserves is refused", () => {
  expect(() => textOf({ $a: 1 })).toThrow("starts with a '$'");
});
