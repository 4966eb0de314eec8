import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

test("actions can import modules, and queries and mutations cannot", async () => {
  const project = copyOf(BASIC);
  const file = (name: string, text: string) => writeFileSync(join(project, "convex", name), text);
  mkdirSync(join(project, "convex", "lib"));
  file("lib/esm.other.ts", "export const value = 'module';");
  file("lib/cjs.other.cjs", "exports.value = 'CommonJS';");
  file(
    "importing.ts",
    `import { internalActionGeneric, internalMutationGeneric, internalQueryGeneric } from "convex/server";
     const load = async () => {
       const { value } = await import("./lib/esm.other");
       return [value, (await import("./lib/cjs.other.cjs")).default.value];
     };
     export const action = internalActionGeneric(load);
     export const query = internalQueryGeneric(load);
     export const mutation = internalMutationGeneric(() => load().catch((error) => error.name));
     export const usual = internalQueryGeneric(() => Promise.resolve().then(() => "no import"));`,
  );
  const { server } = await serve({ project });
  await expect(server.run("importing:query", {})).rejects.toThrow("dynamic module import unsupported");
  expect(await server.run("importing:mutation", {})).toBe("TypeError");
  expect(await server.run("importing:action", {})).toEqual(["module", "CommonJS"]);
  expect(await server.run("importing:usual", {})).toBe("no import");
});
