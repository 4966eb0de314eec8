/** The runtime as npm delivers it: packed, installed into an empty project together with `convex`, and run on each supported Node. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../lib/testServer";

const runtime = resolve(import.meta.dirname, "../../packages/convex-embedded");
/** Versions of Node, which npm installs as a package. */
const NODES = ["20.19.0", "22", "24"];

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "empty", private: true, type: "module" }),
  "convex/schema.ts": `
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";
    export default defineSchema({ notes: defineTable({ text: v.string() }) });`,
  "convex/notes.js": `
    import { mutationGeneric, queryGeneric } from "convex/server";
    import { v } from "convex/values";
    export const add = mutationGeneric({ args: { text: v.string() }, handler: (ctx, args) => ctx.db.insert("notes", args) });
    export const list = queryGeneric({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).map(({ text }) => text) });`,
  "convex/http.ts": `
    import { anyApi, httpActionGeneric, httpRouter } from "convex/server";
    const http = httpRouter();
    http.route({ path: "/notes", method: "GET", handler: httpActionGeneric(async (ctx) => Response.json(await ctx.runQuery(anyApi.notes.list, {}))) });
    http.route({ path: "/notes", method: "POST", handler: httpActionGeneric(async (ctx, request) => {
      await ctx.runMutation(anyApi.notes.add, { text: await request.text() });
      return new Response(null, { status: 204 });
    }) });
    export default http;`,
  "harness.mjs": `
    import { anyApi } from "convex/server";
    import { convexTest } from "convex-embedded/testing";
    const t = convexTest({ modules: { "./convex/notes.js": () => import("./convex/notes.js"), "./convex/_generated/api.js": () => ({}) } });
    await t.mutation(anyApi.notes.add, { text: "tested" });
    console.log(JSON.stringify(await t.query(anyApi.notes.list, {})));`,
  "served.mjs": `
    import { startServer } from "convex-embedded/testing/server";
    const server = await startServer({ project: process.cwd(), data: "served", port: 0 });
    console.log((await fetch(server.url + "/notes")).status);
    await server.close();`,
};

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "packed-"));
  mkdirSync(join(project, "convex"));
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(project, file), text);
  execFileSync("npm", ["pack", "--pack-destination", project], { cwd: runtime, stdio: "pipe" });
  const [tarball = ""] = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  npmInstall(`./${tarball}`, "convex@1.48.0");
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function npmInstall(...packages: string[]): void {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: project, stdio: "pipe" });
}

/** Installs this version of Node into a new folder. @returns the path of the program. */
function nodeOf(version: string): string {
  const folder = join(project, `node-${version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), "{}");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", `node@${version}`], {
    cwd: folder,
    stdio: "pipe",
  });
  return join(folder, "node_modules/node/bin/node");
}

test.each(NODES)(
  "a packed runtime serves and tests an empty project, and keeps its data, on Node %s",
  async (version) => {
    const node = nodeOf(version);
    const run = (...args: string[]) => execFileSync(node, args, { cwd: project, encoding: "utf8" }).trim();
    const command = join(project, "node_modules/convex-embedded/bin/convex-embedded.mjs");
    const data = join(project, `data-${version}`);
    const first = await startServer({ command: [node, "--", command, "start"], cwd: project, data });
    expect((await fetch(`${first.url}/notes`, { method: "POST", body: "kept" })).status).toBe(204);

    const second = await first.restart();
    expect(await (await fetch(`${second.url}/notes`)).json()).toEqual(["kept"]);
    expect(await second.stop()).toEqual({ code: 0, signal: null });

    expect(run("harness.mjs")).toBe('["tested"]');
    expect(run("served.mjs")).toBe("200");
  },
);
