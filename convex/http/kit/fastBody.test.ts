import { describe, expect, test } from "vitest";
import { api } from "../api.app";
import type { SchemaThunk } from "./contract.kit";
import { certainValue } from "./fastBody.kit";
import * as fields from "./fields.kit";

const bodies = (await api.contracts()).flatMap(({ spec }) => {
  const { operationId, body, docs } = spec();
  const example = docs().examples?.body;
  return body?.type === "json" ? [{ operationId, schema: body.schema, example }] : [];
});

const ODD = [
  ...[
    "",
    " ",
    " a ",
    "x",
    "x".repeat(200),
    "x".repeat(201),
    "💡".repeat(200),
    "💡".repeat(201),
    "x".repeat(5000),
  ],
  ...[
    "a@example.com",
    "a@",
    "jobs:read",
    "*",
    "key.created",
    "https://example.com/hook",
    "2999-01-31T12:00:00Z",
  ],
  ...[null, true, false, 0, -1, 1, 1.5, 604800, 1e300, Infinity],
  ...[[], [null], ["jobs:read"], ["jobs:read", "jobs:read"], {}, { name: "bolt" }],
];

/**
 * Variants of a body: without each field, with each field replaced, with an unknown field, and other values altogether. Of a list,
 * lists of the variants of its first element.
 */
function variantsOf(example: unknown): unknown[] {
  if (Array.isArray(example)) {
    const elements = variantsOf((example as unknown[])[0]);
    return [example, ...elements, ...elements.map((element) => [element])];
  }
  const body = typeof example === "object" && example !== null ? (example as Record<string, unknown>) : {};
  const without = Object.keys(body).map((name) =>
    Object.fromEntries(Object.entries(body).filter(([other]) => other !== name)),
  );
  const names = [...Object.keys(body), "name", "description", "email", "events", "scopes", "overlapSeconds"];
  const replaced = names.flatMap((name) => ODD.map((value) => ({ ...body, [name]: value })));
  const proto: unknown = JSON.parse(
    `{"__proto__":{"name":"bolt"},${JSON.stringify(body).slice(1)}`.replace(",}", "}"),
  );
  return [body, ...without, ...replaced, { ...body, unknown: 1 }, proto, ...ODD];
}

/** Validates with zod. */
const byZod = (schema: SchemaThunk, body: unknown) => schema(fields).safeParse(body);

describe.each(bodies)("the body of $operationId", ({ schema, example }) => {
  test("has the same value by the fast path as by zod, if the fast path returns one", () => {
    for (const body of variantsOf(example)) {
      const value = certainValue(schema, body);
      if (value === undefined) continue;
      const { success, data } = byZod(schema, body);
      // As text, because the order of fields counts too: digests and stored JSON depend on it.
      expect([success, JSON.stringify(data)]).toEqual([true, JSON.stringify(value)]);
    }
  });
});

test("the common bodies take the fast path", () => {
  const certain = bodies.filter(({ schema, example }) => certainValue(schema, example) !== undefined);
  expect(certain.map(({ operationId }) => operationId)).toEqual(
    expect.arrayContaining(["createUser", "updateUser"]),
  );
});

test.each<[string, SchemaThunk, unknown, unknown]>([
  ["a trimmed text", ({ z, text }) => z.strictObject({ a: text(3) }), { a: " abc " }, { a: "abc" }],
  [
    "fields in the schema's order",
    ({ z, text }) => z.object({ a: text(3), b: text(3) }),
    { b: "2", c: 1, a: "1" },
    { a: "1", b: "2" },
  ],
  ["an absent field", ({ z, text }) => z.strictObject({ a: z.exactOptional(text(3)) }), {}, {}],
  ["null", ({ z, text }) => z.strictObject({ a: z.nullable(text(3)) }), { a: null }, { a: null }],
  ["a list", ({ z }) => z.array(z.enum(["a", "b"])).check(z.minLength(1)), ["b"], ["b"]],
  [
    "a number and a boolean",
    ({ z }) => z.object({ a: z.number(), b: z.boolean() }),
    { a: 1, b: true },
    { a: 1, b: true },
  ],
  ["a pattern", ({ z }) => z.object({ a: z.string().check(z.regex(/^a/g)) }), { a: "ab" }, { a: "ab" }],
])("the fast path accepts %s", (_, schema, body, value) => {
  expect(certainValue(schema, body)).toEqual(value);
  expect(byZod(schema, body).data).toEqual(value);
});

test.each<[string, SchemaThunk, unknown]>([
  ["a missing field", ({ z, text }) => z.strictObject({ a: text(3) }), {}],
  ["an unknown field", ({ z, text }) => z.strictObject({ a: text(3) }), { a: "1", b: 1 }],
  ["a text that is too long", ({ z, text }) => z.strictObject({ a: text(3) }), { a: "abcd" }],
  ["an empty list", ({ z }) => z.array(z.boolean()).check(z.minLength(1)), []],
  ["another pattern", ({ z }) => z.object({ a: z.string().check(z.regex(/^a/)) }), { a: "b" }],
  [
    "a failed check",
    ({ z }) =>
      z.object({
        a: z
          .number()
          .check(z.check(({ issues, value }) => void issues.push({ code: "custom", input: value }))),
      }),
    { a: 1 },
  ],
  ["a list for an object", ({ z }) => z.object({}), []],
  ["a schema that it does not know", ({ time }) => time(), "2030-01-31T12:00:00Z"],
  ["zod's own schema", () => fields.z.string(), "a"],
  ["zod's own schema in an object", ({ z }) => z.object({ a: fields.z.string() }), { a: "a" }],
  ["zod's own check", ({ z }) => z.string().check(fields.z.minLength(1)), "a"],
])("the fast path leaves %s to zod", (_, schema, body) => {
  expect(certainValue(schema, body)).toBeUndefined();
});
