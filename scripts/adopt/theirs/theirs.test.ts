import { expect, test } from "vitest";
import { withCompilerOptions } from "./compiler";
import { HandEdit } from "./edit";
import { cronsEditor, routerEditor, schemaEditor } from "./functions";
import { objectIn, withMembers } from "./json";
import { scriptsFor, withPackages } from "./package";
import { withRuntimeConfig } from "./runtime";
import { isOlder, mismatches } from "./versions";

const layout = { functions: "convex", folder: "api", tools: "rest-api" };
const none = undefined;

test.each([
  ["schema.ts", schemaEditor("api")],
  ["http.ts", routerEditor("api")],
  ["crons.ts", cronsEditor("api")],
])("an app without %s gets one, and a second run changes nothing", (_name, edit) => {
  const fresh = edit(none);
  expect(edit(fresh as string)).toBe(fresh);
});

test("the tables come last in the schema", () => {
  const edit = schemaEditor("api");
  const after = edit(`import { defineSchema } from "convex/server";
export default defineSchema({
  notes: defineTable({}).index("by_a", ["a"])
}, { schemaValidation: false });
`);
  expect(after).toBe(`import { defineSchema } from "convex/server";
import { apiTables } from "./api/tables";
export default defineSchema({
  notes: defineTable({}).index("by_a", ["a"]),
  ...apiTables,
}, { schemaValidation: false });
`);
  expect(edit(after as string)).toBe(after);
});

test.each([
  ["defineSchema({})", "defineSchema({ ...apiTables })"],
  ["defineSchema({ ...authTables })", "defineSchema({ ...authTables, ...apiTables })"],
  ["defineSchema(tables)", "defineSchema({ ...tables, ...apiTables })"],
])("the schema %s becomes %s", (before, after) => {
  expect(schemaEditor("api")(`export default ${before};\n`)).toContain(`export default ${after};`);
});

test("a schema that is made in another way is left to its owner, with the lines to add", () => {
  const edit = schemaEditor("api")(`export default makeSchema();\n`);
  expect(edit).toBeInstanceOf(HandEdit);
  expect((edit as HandEdit).diff).toContain('+import { apiTables } from "./api/tables";');
});

test("the router keeps the routes of the app", () => {
  const edit = routerEditor("api");
  const after = edit(`import { httpRouter } from "convex/server";
import { auth } from "./auth";

const http = httpRouter();
auth.addHttpRoutes(http);

export default http;
`);
  expect(after).toBe(`import { auth } from "./auth";
import { api as restApi } from "./api/http/api.app";
import { ApiRouter } from "./api/http/kit/router.kit";

const http = new ApiRouter(restApi);
auth.addHttpRoutes(http);

export default http;
`);
  expect(edit(after as string)).toBe(after);
});

test("another import beside httpRouter stays", () => {
  const text =
    'import { httpActionGeneric, httpRouter } from "convex/server";\nconst http = httpRouter();\nexport default http;\n';
  expect(routerEditor("api")(text)).toContain('import { httpActionGeneric } from "convex/server";');
});

test("a router of another kind is left to its owner", () => {
  expect(routerEditor("api")("export default new HttpRouterWithHono(app);\n")).toBeInstanceOf(HandEdit);
});

test("the crons of the app stay before those of the API", () => {
  const text =
    'import { cronJobs } from "convex/server";\nconst jobs = cronJobs();\njobs.daily("a", {}, x);\nexport default jobs;\n';
  expect(cronsEditor("api")(text)).toContain(
    'jobs.daily("a", {}, x);\naddApiCrons(jobs);\n\nexport default jobs;',
  );
});

test("members are set in JSON, and comments and other members stay", () => {
  const text = '{\n  // one\n  "a": { "b": 1 },\n  "c": [1, 2] // two\n}\n';
  const after = withMembers(text, ["a"], { b: 2, d: true });
  expect(after).toContain("// one");
  expect(after).toContain("// two");
  expect(objectIn("a.json", after)).toEqual({ a: { b: 2, d: true }, c: [1, 2] });
  expect(withMembers(after, ["a"], { b: 2, d: true })).toBe(after);
  expect(objectIn("a.json", withMembers("{}\n", ["x", "y"], { z: [1] }))).toEqual({ x: { y: { z: [1] } } });
});

test("compiler options that suffice stay, and missing libraries are added", () => {
  const fresh = withCompilerOptions(none);
  expect(withCompilerOptions(fresh)).toBe(fresh);
  const before =
    '{ "compilerOptions": { "strict": true, "module": "Preserve", "lib": ["ESNext", "dom"], "types": ["vite/client"] } }';
  const after = withCompilerOptions(before);
  expect(objectIn("tsconfig.json", after)["compilerOptions"]).toMatchObject({
    module: "Preserve",
    lib: ["ESNext", "dom", "DOM.Iterable"],
    types: ["vite/client", "node"],
  });
  expect(withCompilerOptions(after)).toBe(after);
});

test("package.json gets what is missing or too old, and keeps the rest", () => {
  const before = JSON.stringify(
    {
      scripts: { openapi: "mine" },
      dependencies: { convex: "^1.31.0", zod: "^4.9.0" },
      devDependencies: { hono: "^4.0.0" },
    },
    null,
    2,
  );
  const needs = {
    dependencies: { convex: "^1.48.0", zod: "^4.6.7", hono: "^4.13.0" },
    devDependencies: { prettier: "^3.0.0" },
  };
  const scripts = scriptsFor(before, layout, { webhooks: false });
  const after = withPackages(before, layout, needs, scripts);
  const manifest = objectIn("package.json", after);
  expect(manifest["dependencies"]).toEqual({ convex: "^1.48.0", zod: "^4.9.0" });
  expect(manifest["devDependencies"]).toEqual({ hono: "^4.13.0", prettier: "^3.0.0" });
  expect(manifest["scripts"]).toMatchObject({
    openapi: "mine",
    "api:openapi": expect.stringContaining("generate.ts") as string,
  });
  expect(withPackages(after, layout, needs, scriptsFor(after, layout, { webhooks: false }))).toBe(after);
});

test("an app that uses a name of the API's imports is refused", () => {
  const text = '{ "imports": { "#routes": "./src/routes.ts" } }';
  expect(() => withPackages(text, layout, { dependencies: {}, devDependencies: {} }, {})).toThrow(/#routes/);
});

test.each([
  [undefined, "^1.0.0", true],
  ["^1.31.0", "^1.48.0", true],
  ["^1.48.0", "^1.48.0", false],
  ["^2.0.0", "^1.48.0", false],
  ["~1.47.9", "^1.48.0", true],
  ["workspace:*", "^1.48.0", false],
])("the range %s is older than %s: %s", (known, needed, older) => {
  expect(isOlder(known, needed)).toBe(older);
});

test.each([
  ["^3.25.0", "^4.6.7", [{ isLater: false }]],
  ["^5.0.0", "^4.6.7", [{ isLater: true }]],
  ["0.19.1", "^1.48.0", [{ isLater: false }]],
  ["^0.3.2", "^0.4.0", [{ isLater: false }]],
  ["^0.4.1", "^0.4.0", []],
  ["^4.0.0", "^4.6.7", []],
  ["latest", "^4.6.7", []],
])("with the range %s of the app and %s of the API, the mismatches are %j", (app, needed, found) => {
  expect(mismatches({ zod: app }, { zod: needed, hono: "^4.0.0" })).toEqual(
    found.map((found) => ({ name: "zod", app, needed, ...found })),
  );
});

test("the runtime guards the actions of the app and of the API", () => {
  const ours = JSON.stringify({
    firstStart: { run: "apiKeys:issue" },
    pages: { docs: "/docs" },
    guardedFetch: { functions: ["outgoing/send:run"] },
    metrics: { query: "metrics:read" },
  });
  const theirs = '{ "firstStart": { "run": "seed:all" }, "guardedFetch": { "functions": ["calls:out"] } }';
  const after = withRuntimeConfig(theirs, ours, "api");
  expect(objectIn("convex-embedded.json", after)).toEqual({
    firstStart: { run: "seed:all" },
    guardedFetch: { functions: ["calls:out", "api/outgoing/send:run"] },
    pages: { docs: "/docs" },
    metrics: { query: "api/metrics:read" },
  });
  expect(withRuntimeConfig(after, ours, "api")).toBe(after);
});
