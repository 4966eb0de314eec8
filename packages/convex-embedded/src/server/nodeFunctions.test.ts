import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

const NODE = resolve(BASIC, "../node");

test('"use node" files run with Node\'s modules and globals', async () => {
  const { server } = await serve({ project: NODE });
  expect(await server.run("files:useEverything", {})).toEqual({
    buffer: "c3a9",
    stored: 1,
    platform: "string",
    computed: "function",
    required: "modules.js",
    exists: true,
    sameProcess: true,
    meta: true,
  });
});

test("other files call them, and keep the globals of the default runtime", async () => {
  const { server } = await serve({ project: NODE });
  expect(await server.run("notes:digestFromHere", { text: "" })).toMatch(/^e3b0c44298fc1c14/);
  expect(await server.run("notes:globals", {})).toBe("undefined");
});

test("their process.env has the functions' variables, and of the server's only those that Convex keeps", async () => {
  const { server } = await serve({ project: NODE, env: { FOO: "bar" } });
  const read = (name: string) => server.run("files:environment", { name });
  expect(await read("FOO")).toBe("bar");
  expect(await read("PATH")).toBe(process.env["PATH"]);
  expect(await read("VITEST")).toBeNull();
});

test("they call mutations, and catch a ConvexError of their own class", async () => {
  const { server } = await serve({ project: NODE });
  expect(await server.run("files:addEmpty", {})).toEqual({ kind: "empty" });
});

test("process.exit() fails the action and does not end the server", async () => {
  const { server } = await serve({ project: NODE });
  await expect(server.run("files:exit", {})).rejects.toThrow("process.exit() called with exit code 3");
  expect(await server.run("files:environment", { name: "NONE" })).toBeNull();
});

test("they have their own time limit", async () => {
  const { server } = await serve({ project: NODE, limits: { actionMs: Infinity, nodeActionMs: 60 } });
  await expect(server.run("files:waitForever", {})).rejects.toThrow("(maximum duration: 60ms)");
});

test("a global that they assign does not reach the server", async () => {
  const { server } = await serve({ project: NODE });
  expect(await server.run("files:changeGlobal", {})).toBe(1);
  expect("leaked" in globalThis).toBe(false);
});

test("their errors name the file and the line, and all methods of the console write to the log", async () => {
  const { server, logged } = await serve({ project: NODE });
  await expect(server.run("files:fail", {})).rejects.toThrow("out of paper");
  const error = logged.find(({ level }) => level === "error");
  const line = lineOf(join(NODE, "convex/files.ts"), "out of paper");
  expect(error?.message).toContain(`convex/files.ts:${line}:`);
  expect(logged).toContainEqual({
    level: "log",
    path: "files:fail",
    message: expect.stringContaining("'a'") as string,
  });
});

function lineOf(file: string, text: string): number {
  return readFileSync(file, "utf8").split(text)[0]?.split("\n").length ?? 0;
}

test('a query in a "use node" file is refused with Convex\'s message', async () => {
  const project = copyOf(NODE);
  writeFileSync(
    join(project, "convex/wrong.ts"),
    '"use node";\nimport { queryGeneric } from "convex/server";\nexport const get = queryGeneric({ args: {}, handler: () => 1 });\n',
  );
  const { server } = await serve({ project });
  await expect(server.run("wrong:get", {})).rejects.toThrow(
    "`get` defined in `wrong.js` is a Query function. Only actions can be defined in Node.js.",
  );
});

test("the packages that convex.json names are loaded, not bundled", async () => {
  const project = copyOf(NODE);
  const add = (name: string, text: string): void => {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  // Packages with `__dirname` of their own do not work when they are bundled.
  add("convex/node_modules/external/index.js", "module.exports = { folder: __dirname };");
  add("convex/node_modules/external/package.json", '{ "name": "external" }');
  add("package.json", '{ "type": "module", "dependencies": { "external": "1" } }');
  add("convex.json", '{ "node": { "externalPackages": ["*"] } }');
  add(
    "convex/folder.ts",
    '"use node";\nimport { actionGeneric } from "convex/server";\nimport { folder } from "external";\n' +
      "export const get = actionGeneric({ args: {}, handler: async () => folder });\n",
  );
  const { server } = await serve({ project });
  expect(await server.run("folder:get", {})).toBe(join(project, "convex/node_modules/external"));
});
