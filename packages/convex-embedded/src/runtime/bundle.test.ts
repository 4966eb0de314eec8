import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { bundleProject } from "./bundle";
import { entryPoints } from "./entries";

/** Creates a project with these files in its convex/ folder. Returns its directory. */
function project(files: Record<string, string>): string {
  const directory = temporaryDirectory();
  for (const [name, source] of Object.entries(files)) {
    const file = join(directory, "convex", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source);
  }
  return directory;
}

/** The app's own folder. */
const APP = { label: "convex", isComponent: false };
const CODE = "export const x = 1;";
const modulesOf = (files: Record<string, string>) =>
  entryPoints(join(project(files), "convex"), APP).map(({ module }) => module);

test("modules are the files with one dot, except for those that Convex reserves", () => {
  const files = [
    "items.ts",
    "a/b.tsx",
    "old.js",
    "http.ts",
    "crons.ts",
    "schema.ts",
    "auth.config.ts",
    "convex.config.ts",
    "items.test.ts",
    "a/b.routes.ts",
    "_generated/api.js",
    ".hidden.ts",
    "#saved.ts",
    "with space.ts",
    "README.md",
    "sub/schema.ts",
    "component/convex.config.ts",
    "component/inside.ts",
  ];
  expect(modulesOf(Object.fromEntries(files.map((name) => [name, CODE])))).toEqual([
    "a/b",
    "crons",
    "http",
    "items",
    "old",
  ]);
});

test("a TypeScript file without imports and exports is not a module", () => {
  expect(modulesOf({ "empty.ts": "// later\n", "items.ts": CODE })).toEqual(["items"]);
});

const environmentOf = (file: string, source: string) =>
  entryPoints(join(project({ [file]: source }), "convex"), APP).map(({ environment }) => environment);

test.each(['"use node";\n', "// a comment\n\"use strict\";\n'use node'\n", '/* "x" */ "use node"\n'])(
  "a file that begins with %j runs in Node",
  (directive) => {
    expect(environmentOf("node/mail.ts", directive + CODE)).toEqual(["node"]);
    expect(environmentOf("actions/mail.ts", directive + CODE)).toEqual(["node"]);
  },
);

test("other text that contains the directive is not a directive", () => {
  const source = `// "use node"\n${CODE}\nconst s = "use node";`;
  expect(environmentOf("items.ts", source)).toEqual(["isolate"]);
});

test('"use node" is refused where Convex refuses it: in http.ts, crons.ts and components', () => {
  const source = `"use node";\n${CODE}`;
  expect(() => environmentOf("http.ts", source)).toThrow('convex/http.ts: Convex does not allow "use node"');
  expect(() => environmentOf("crons.ts", source)).toThrow(
    'convex/crons.ts: Convex does not allow "use node"',
  );
  const component = join(project({ "lib.ts": source }), "convex");
  expect(() => entryPoints(component, { label: "part", isComponent: true })).toThrow(
    'part/lib.ts: Convex does not support "use node" in components',
  );
});

test("names that Convex refuses are refused", () => {
  expect(() => modulesOf({ "my-items.ts": CODE })).toThrow("convex/my-items.ts: Convex refuses this name");
  expect(() => modulesOf({ "actions/mail.ts": CODE })).toThrow("convex/actions/mail.ts");
  expect(() => modulesOf({ "_deps/x.ts": CODE })).toThrow("reserved for dependencies");
});

test("a project without a convex/ folder is refused", () => {
  expect(() => entryPoints("/nowhere/convex", APP)).toThrow("The folder /nowhere/convex does not exist");
});

test("a broken file is reported with file and line", async () => {
  const broken = project({ "items.ts": "export const x = 1;\nexport const = 2;\n" });
  await expect(bundleProject(broken)).rejects.toThrow(/^convex\/items\.ts:2:14: /);
});

test("an import of Node's own modules is reported with file and line", async () => {
  const broken = project({ "items.ts": '\nimport "node:fs";\nexport const x = 1;' });
  await expect(bundleProject(broken)).rejects.toThrow(/^convex\/items\.ts:2:8: Could not resolve "node:fs"/);
});

test("functions and classes keep their names for stack traces and errors", async () => {
  const source = `
    export class NotFound extends Error { name = new.target.name; }
    export const handler = () => { throw new NotFound(); };`;
  const directory = project({ "items.ts": source });
  symlinkSync(resolve("node_modules"), join(directory, "node_modules"));
  const { code } = await bundleProject(directory);
  for (const name of ["NotFound=class extends", "handler=()=>"]) expect(code.includes(name)).toBe(true);
  // `__name` would cost time for each closure at run time.
  expect(code.includes("__name")).toBe(false);
});
