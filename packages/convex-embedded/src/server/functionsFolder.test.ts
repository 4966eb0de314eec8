import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import { bundleProject } from "../runtime/bundle";
import { functionsFolder } from "../runtime/convexJson";
import { folderDigest } from "../runtime/folderDigest";

/** Copies a fixture and moves its functions to a folder that `convex.json` names. */
function moved(fixture: string, functions: string): string {
  const project = copyOf(resolve(BASIC, "..", fixture));
  mkdirSync(join(project, "src"));
  renameSync(join(project, "convex"), join(project, functions));
  writeFileSync(join(project, "convex.json"), JSON.stringify({ functions }));
  return project;
}

test("convex.json names the folder of the functions and of their components", async () => {
  const project = moved("components", "src/backend/");
  expect(functionsFolder(project)).toBe(join(project, "src", "backend"));
  expect(folderDigest(project)).not.toBeNull();
  const { server } = await serve({ project });
  await server.run("app:insertNote", { text: "kept" });
  expect(await server.run("app:texts", {})).toEqual(["kept"]);
  expect(await server.run("lib:total", {}, "counter")).toBe(0);
});

test('the named folder may have "use node" files, and errors name it', async () => {
  const project = moved("node", "src/backend");
  const { server } = await serve({ project });
  expect(await server.run("files:useEverything", {})).toMatchObject({ buffer: "c3a9" });
  writeFileSync(join(project, "src/backend/crons.ts"), '"use node";\nexport const x = 1;');
  await expect(bundleProject(project)).rejects.toThrow(
    'src/backend/crons.ts: Convex does not allow "use node"',
  );
});

test("a folder in convex.json that is not a text is refused", () => {
  const project = copyOf(BASIC);
  writeFileSync(join(project, "convex.json"), '{ "functions": 1 }');
  expect(() => functionsFolder(project)).toThrow('"functions" must be the path of a folder');
});
