/** A start accepts and refuses the same projects as a deploy to Convex. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOf, serve } from "../../fixtures/serve";
import { SCHEDULED } from "../jobs/schedulerForTests";

const IMPORTS = `
  import { defineSchema, defineTable, mutationGeneric, queryGeneric } from "convex/server";
  import { v } from "convex/values";
`;

/** Creates a project with this schema and these functions. */
function projectWith({ schema, functions = "" }: { schema?: string; functions?: string }): string {
  const project = copyOf(SCHEDULED);
  if (schema !== undefined) {
    writeFileSync(join(project, "convex/schema.ts"), `${IMPORTS} export default defineSchema(${schema});`);
  }
  writeFileSync(join(project, "convex/own.ts"), `${IMPORTS} ${functions}`);
  return project;
}

test("a table may declare its system fields, which are then ignored", async () => {
  const project = projectWith({
    schema: `{ notes: defineTable({ text: v.string() }), things: defineTable({
      _id: v.id("things"), _creationTime: v.number(), name: v.string(), inner: v.object({ _kept: v.number() }),
    }) }`,
    functions: `export const add = mutationGeneric(async ({ db }, thing) => (await db.get(await db.insert("things", thing))).name);`,
  });
  const { server } = await serve({ project });
  expect(await server.run("own:add", { name: "bolt", inner: { _kept: 1 } })).toBe("bolt");
  await expect(server.run("own:add", { name: "bolt", inner: {} })).rejects.toThrow(
    "Object is missing the required field `_kept`",
  );
});

test.each([
  [
    "`args` that is a union",
    "args: v.union(v.object({}), v.object({ a: v.null() }))",
    "Args validator must be an object or any",
  ],
  [
    "`args` with a name that is no identifier",
    `args: { "a-b": v.string() }`,
    "Error in args validator: Identifier a-b has invalid",
  ],
  [
    "`returns` with such a name",
    `returns: v.object({ "a b": v.null() })`,
    "Error in returns validator: Identifier a b has invalid",
  ],
])("a function with %s is refused", async (_what, validators, message) => {
  const project = projectWith({
    functions: `export const wrong = queryGeneric({ ${validators}, handler: () => null });`,
  });
  const starting = serve({ project }).then(({ server }) => server.reload());
  await expect(starting).rejects.toThrow(message);
});

test("`args` may be any value", async () => {
  const project = projectWith({
    functions:
      "export const size = queryGeneric({ args: v.any(), handler: (_, args) => Object.keys(args).length });",
  });
  const { server } = await serve({ project });
  expect(await server.run("own:size", { a: 1, "b-c": 2 })).toBe(2);
});

test.each([
  [
    "a name that is no identifier",
    `{ notes: defineTable({ "a-b": v.string() }) }`,
    "Identifier a-b has invalid character",
  ],
  [
    "a document that is no object",
    `{ notes: defineTable(v.union(v.object({}), v.string())) }`,
    "must be an object, a union of objects, or `v.any()`. Found v.string()",
  ],
  [
    "an index declared twice",
    `{ notes: defineTable({ a: v.null() }).index("by_a", ["a"]).index("by_a", ["a"]) }`,
    'Table "notes" has two or more definitions of index "by_a".',
  ],
  [
    "an index that is also staged",
    `{ notes: defineTable({ a: v.null() }).index("by_a", ["a"]).index("new_a", { fields: ["a"], staged: true }) }`,
    'index "new_a" and index "by_a" have the same fields',
  ],
])("a schema with %s is refused", async (_what, schema, message) => {
  await expect(serve({ project: projectWith({ schema }) })).rejects.toThrow(message);
});
