import * as fc from "fast-check";
import * as z from "zod/mini";
import { describe, expect, test } from "vitest";
import type { FieldError } from "../../lib/failure.lib";
import { atMost, email, futureTime, integer, text, time, wholeNumber } from "./fields.kit";
import { fieldErrors } from "./messages.kit";

/** Returns the messages for a value that fails a schema. The default part is the body. */
function said(schema: z.ZodMiniType, value: unknown, part: FieldError["in"] = "body"): string[] {
  const result = schema.safeParse(value);
  return result.success
    ? []
    : fieldErrors(part, result.error.issues, value).map(({ path, message }) =>
        path ? `${path}: ${message}` : message,
      );
}

describe("each kind of mistake has its words", () => {
  test.each<[z.ZodMiniType, unknown, string]>([
    [z.string(), 1, "must be a string"],
    [z.string(), null, "must be a string"],
    [z.string(), undefined, "is required"],
    [z.number(), "1", "must be a number"],
    [z.int(), 1.5, "must be an integer"],
    [z.boolean(), "true", "must be true or false"],
    [z.array(z.string()), {}, "must be an array"],
    [z.strictObject({}), [], "must be an object"],
    [z.strictObject({}), null, "must be an object"],
    [z.record(z.string(), z.string()), 7, "must be an object"],
    [z.null(), 0, "must be null"],
    [z.date(), 0, "must be of type date"],
    [z.nullable(z.string()), 1, "must be a string"],
    [z.string().check(z.minLength(1)), "", "must not be empty"],
    [z.array(z.string()).check(z.minLength(1)), [], "must not be empty"],
    [z.string().check(z.minLength(3)), "ab", "must have at least 3 characters"],
    [z.string().check(atMost(3)), "abcd", "must have at most 3 characters"],
    [z.array(z.number()).check(z.minLength(2)), [1], "must have at least 2 elements"],
    [z.array(z.number()).check(atMost(1)), [1, 2], "must have at most 1 elements"],
    [z.number().check(z.gte(1)), 0, "must be at least 1"],
    [z.number().check(z.lte(9)), 10, "must be at most 9"],
    [z.enum(["a", "b"]), "c", "must be one of a, b"],
    [z.literal("a"), "c", "must be one of a"],
    [z.union([z.string(), z.null()]), 1, "must be a string or must be null"],
    [z.union([z.string(), z.number()]), undefined, "is required"],
    [text(5), "  ", "must not be empty"],
    [text(5), "abcdef", "must have at most 5 characters"],
    [email(), "ada", "must be an email address"],
    [time(), "noon", "must be a time such as 2030-01-31T12:00:00Z"],
    [futureTime(), "2020-01-31T12:00:00Z", "must be a time in the future, such as 2030-01-31T12:00:00Z"],
    [wholeNumber(1, 100), "0", "must be an integer from 1 to 100"],
    [integer(0, 9), 1.5, "must be an integer from 0 to 9"],
    [z.number().check(z.multipleOf(5)), 3, "is not what this route takes"],
  ])("%#: %3$s", (schema, value, words) => {
    expect(said(schema, value)).toEqual([words]);
  });

  test("a required field that is null is of the wrong kind, not missing", () => {
    expect(said(z.object({ a: z.string(), b: z.string() }), { a: null })).toEqual([
      "a: must be a string",
      "b: is required",
    ]);
  });

  test("unknown fields are named one by one, with the way to them", () => {
    const schema = z.strictObject({ inner: z.strictObject({}) });
    expect(said(schema, { inner: { x: 1, y: 2 }, z: 3 })).toEqual([
      "inner.x: is not a known field",
      "inner.y: is not a known field",
      "z: is not a known field",
    ]);
  });

  test("the way to a field in an array", () => {
    const schema = z.object({ list: z.array(z.object({ id: z.string() })) });
    expect(said(schema, { list: [{ id: "a" }, { id: 2 }, {}] })).toEqual([
      "list.1.id: must be a string",
      "list.2.id: is required",
    ]);
  });

  test("a query speaks of parameters", () => {
    const schema = z.strictObject({ limit: z.exactOptional(z.string()) });
    expect(said(schema, { limit: ["1", "2"], other: "x" }, "query")).toEqual([
      "limit: must be given only once",
      "other: is not a known query parameter",
    ]);
  });
});

const schemas = {
  name: text(5),
  email: z.exactOptional(email()),
  when: z.exactOptional(futureTime()),
  count: z.exactOptional(integer(0, 9)),
  kind: z.enum(["a", "b"]),
  list: z.array(z.union([z.string(), z.null()])).check(z.minLength(1)),
};

test("every error of an arbitrary body names its field or part and has a specific message", () => {
  const schema = z.strictObject(schemas);
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record(Object.fromEntries(Object.keys(schemas).map((key) => [key, fc.jsonValue()]))),
  );
  fc.assert(
    fc.property(value, (body) => {
      const result = schema.safeParse(body);
      if (result.success) return;
      const errors = fieldErrors("body", result.error.issues, body);
      expect(errors.length).toBeGreaterThan(0);
      for (const { message } of errors) {
        expect(message).toMatch(/^(must|is) /);
        expect(message).not.toMatch(/invalid|undefined|\[object/i);
      }
    }),
    { numRuns: 500 },
  );
});
