/** Pushes that add, change and remove components. */
import { expect, test, vi } from "vitest";
import type { Sources } from "../../../fixtures/pushing";
import { definitionImport, Pusher, pushRequest } from "../../../fixtures/pushing";
import { serve, temporaryDirectory } from "../../../fixtures/serve";

// Each push starts the bundler.
vi.setConfig({ testTimeout: 600_000 });

const app = (...mounts: readonly string[]): Sources => ({
  "convex.config.js": `
    import { defineApp } from "convex/server";
    import part from "${definitionImport("part")}";
    const app = defineApp();
    ${mounts.map((name) => `app.use(part, { name: "${name}" });`).join("\n")}
    export default app;
  `,
  "calls.js": `
    import { componentsGeneric, mutationGeneric } from "convex/server";
    export const add = mutationGeneric({ args: {}, handler: (ctx) => ctx.runMutation(componentsGeneric().first.lib.add, {}) });
  `,
});

/** A component that counts its rows, `step` for each. */
const part = (step: number, index = ""): Sources => ({
  "convex.config.js": `
    import { defineComponent } from "convex/server";
    export default defineComponent("part");
  `,
  "schema.js": `
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";
    export default defineSchema({ rows: defineTable({ n: v.number() })${index} });
  `,
  "lib.js": `
    import { mutationGeneric, queryGeneric } from "convex/server";
    export const add = mutationGeneric({ args: {}, handler: async (ctx) => {
      await ctx.db.insert("rows", { n: ${step} });
      return ${step};
    } });
    export const total = queryGeneric({ args: {}, handler: async (ctx) => {
      const rows = await ctx.db.query("rows")${index === "" ? "" : `.withIndex("by_n")`}.collect();
      return rows.reduce((sum, { n }) => sum + n, 0);
    } });
  `,
});

test("a push adds, changes and removes components, and their data stays for the next mount", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ data });
  const pusher = new Pusher(server);
  const push = async (appSources: Sources, components: Readonly<Record<string, Sources>>) => {
    const { componentDiffs } = await pusher.push(await pushRequest(appSources, components));
    const diffs = Object.entries(componentDiffs as Record<string, { diffType: { type: string } }>);
    return Object.fromEntries(diffs.map(([path, { diffType }]) => [path, diffType.type]));
  };
  expect(await push({ "other.js": "export {};" }, {})).toEqual({ "": "modify" });

  expect(await push(app("first"), { part: part(1) })).toEqual({ "": "modify", first: "create" });
  expect(await server.run("calls:add", {})).toBe(1);
  expect(await server.run("lib:total", {}, "first")).toBe(1);

  const changed = { part: part(10, `.index("by_n", ["n"])`) };
  expect(await push(app("first", "second"), changed)).toEqual({
    "": "modify",
    first: "modify",
    second: "create",
  });
  expect(await server.run("calls:add", {})).toBe(10);
  expect(await server.run("lib:add", {}, "second")).toBe(10);
  expect(await server.run("lib:total", {}, "first")).toBe(11);

  expect(await push(app("second"), changed)).toEqual({ "": "modify", first: "unmount", second: "modify" });
  await expect(server.run("lib:total", {}, "first")).rejects.toThrow("first");
  await expect(server.run("calls:add", {})).rejects.toThrow();
  expect(await server.run("lib:total", {}, "second")).toBe(10);

  expect(await push(app("first"), { part: part(100) })).toEqual({
    "": "modify",
    first: "create",
    second: "unmount",
  });
  expect(await server.run("calls:add", {})).toBe(100);
  expect(await server.run("lib:total", {}, "first")).toBe(111);
  await server.close();

  const again = await serve({ data });
  expect(await again.server.run("lib:total", {}, "first")).toBe(111);
});

test("a schema that the documents of a component do not match is refused with its component", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  await pusher.push(await pushRequest(app("first"), { part: part(1) }));
  await server.run("calls:add", {});
  const strict = {
    ...part(2),
    "schema.js": (part(2)["schema.js"] ?? "").replace("v.number()", "v.string()"),
  };
  const { body } = await pusher.start(await pushRequest(app("first"), { part: strict }));
  expect((await pusher.waitForSchema(body)).body).toMatchObject({
    type: "failed",
    componentPath: "first",
    tableName: "rows",
  });
  expect(await pusher.finish(body)).toMatchObject({ status: 400, body: { code: "PushRefused" } });
  expect(await server.run("calls:add", {})).toBe(1);
});
