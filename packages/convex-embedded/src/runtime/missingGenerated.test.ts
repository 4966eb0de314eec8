import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import { bundleProject } from "./bundle";

const CODE = `
  import { api, internal } from "./_generated/api";
  import { action, internalQuery } from "./_generated/server.js";
  export const one = internalQuery({ args: {}, handler: () => 1 });
  export const two = action({ args: {}, handler: async (ctx) => [await ctx.runQuery(internal.made.one, {}), typeof api] });`;

test("a project without generated files starts, in both runtimes", async () => {
  const project = copyOf(BASIC);
  writeFileSync(join(project, "convex/made.ts"), CODE);
  const inNode = CODE.replace(/.*const one.*/, "").replace("const two", "const three");
  writeFileSync(join(project, "convex/madeInNode.ts"), `"use node";${inNode}`);
  const { server } = await serve({ project });
  expect(await server.run("made:two", {})).toEqual([1, "object"]);
  expect(await server.run("madeInNode:three", {})).toEqual([1, "object"]);
});

test("generated files are used, and a file that Convex does not generate is missing", async () => {
  const project = copyOf(BASIC);
  mkdirSync(join(project, "convex/_generated"));
  writeFileSync(join(project, "convex/_generated/api.js"), 'export const api = "generated";');
  writeFileSync(
    join(project, "convex/made.ts"),
    'import { api } from "./_generated/api";\nexport const used = api;',
  );
  expect((await bundleProject(project)).code).toContain('"generated"');
  writeFileSync(join(project, "convex/made.ts"), 'export { x } from "./_generated/other";');
  await expect(bundleProject(project)).rejects.toThrow('Could not resolve "./_generated/other"');
});
