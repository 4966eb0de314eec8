import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

const CONFIG = (name: string): string =>
  `import { defineComponent } from "convex/server"; export default defineComponent("${name}");`;

/** Text of an `http.ts` whose routes answer with a name, the path of the request and the component's own URL. */
const http = (
  name: string,
  routes: readonly (readonly [kind: "path" | "pathPrefix", path: string])[],
): string => `
  import { httpActionGeneric, httpRouter } from "convex/server";
  const http = httpRouter();
  const handler = httpActionGeneric(async (ctx, request) => {
    const { pathname } = new URL(request.url);
    const user = await ctx.auth.getUserIdentity();
    return Response.json(["${name}", pathname, process.env.CONVEX_SITE_URL, user]);
  });
  ${routes.map(([kind, path]) => `http.route({ ${kind}: "${path}", method: "GET", handler });`).join("\n")}
  export default http;`;

const app = (options: string, mounts: string): string => `
  import { defineApp } from "convex/server";
  import child from "./child/convex.config"; import silent from "./silent/convex.config";
  const app = defineApp(${options}); ${mounts} export default app;`;

const FILES = {
  "http.ts": http("app", [
    ["path", "/child/own"],
    ["pathPrefix", "/child/deep/er/"],
    ["pathPrefix", "/"],
  ]),
  "convex.config.ts": app("", 'app.use(child, { httpPrefix: "/child" }); app.use(silent);'),
  "silent/convex.config.ts": CONFIG("silent"),
  "child/http.ts": http("child", [
    ["path", "/hello"],
    ["pathPrefix", "/files/"],
  ]),
  "child/convex.config.ts": `
    import { defineComponent } from "convex/server"; import inner from "./inner/convex.config";
    const child = defineComponent("child"); child.use(inner, { httpPrefix: "/inner/" }); export default child;`,
  "child/inner/http.ts": http("inner", [["path", "/hello"]]),
  "child/inner/convex.config.ts": CONFIG("inner"),
};

/** Starts a project of these files. Returns a function that fetches a path: the JSON of a reply, or its status. */
async function start(files: Readonly<Record<string, string>>) {
  const project = copyOf(BASIC);
  rmSync(join(project, "convex"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, "convex", file)), { recursive: true });
    writeFileSync(join(project, "convex", file), text);
  }
  const { server } = await serve({ project });
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(server.url + path);
    return response.ok ? await response.json() : response.status;
  };
  return { url: server.url, get };
}

test("requests below its prefix go to the component, which sees its own URL and the whole path", async () => {
  const { url, get } = await start(FILES);
  expect(await get("/child/hello")).toEqual(["child", "/child/hello", `${url}/child`, null]);
  expect(await get("/child/files/a/b")).toEqual(["child", "/child/files/a/b", `${url}/child`, null]);
  expect(await get("/child/inner/hello")).toEqual([
    "inner",
    "/child/inner/hello",
    `${url}/child/inner`,
    null,
  ]);
  expect(await get("/child/missing")).toBe(404);
  expect(await get("/child/inner/missing")).toBe(404);
});

test("an exact route of the app and a longer prefix come before the component", async () => {
  const { url, get } = await start(FILES);
  expect(await get("/child/own")).toEqual(["app", "/child/own", url, null]);
  expect(await get("/child/deep/er/x")).toEqual(["app", "/child/deep/er/x", url, null]);
  expect(await get("/childish")).toEqual(["app", "/childish", url, null]);
});

test("the prefix of the app applies to its own routes only", async () => {
  const config = app('{ httpPrefix: "/api" }', 'app.use(child, { httpPrefix: "/child/" });');
  const { url, get } = await start({ ...FILES, "convex.config.ts": config });
  expect(await get("/api/x")).toEqual(["app", "/api/x", url, null]);
  expect(await get("/x")).toBe(404);
  expect(await get("/child/hello")).toEqual(["child", "/child/hello", `${url}/child`, null]);
});

test("components answer in an app without an http.ts", async () => {
  const { "http.ts": _, ...files } = FILES;
  const { get } = await start(files);
  expect(await get("/child/hello")).toContain("child");
  expect(await get("/other")).toBe(404);
});

test("a component without routes cannot be mounted", async () => {
  const config = app("", 'app.use(silent, { httpPrefix: "/silent/" });');
  await expect(start({ ...FILES, "convex.config.ts": config })).rejects.toThrow(
    "The HTTP mount /silent/ is invalid: the component silent has no http.ts.",
  );
});
