import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import {
  CLI_TIMEOUT_MS,
  convex,
  projectForTools,
  serveForTools,
  startConvex,
} from "../../../fixtures/convexCli";
import { copyOf, serve, temporaryDirectory } from "../../../fixtures/serve";
import { edit } from "./editForTests";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

const FAST = ["--typecheck", "disable", "--codegen", "disable"];

const refusing = `export const catches = actionGeneric({ args: {}, handler: async (ctx) => {
  try { await ctx.runMutation(anyApi["messages"].refuse, { author: "a", text: "b" }); return "none"; }
  catch (error) { return error instanceof ConvexError ? error.data.kind : "another class"; }
} });\n`;

test("npx convex dev --once and deploy push code and schema, which last across restarts", async () => {
  const project = projectForTools();
  const data = temporaryDirectory();
  const first = await serve({ project, data });
  const { server } = first;
  const settings = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey };
  await server.run("messages:seed", { author: "ada", count: 2 });
  edit(project, "messages.ts", "out of order", "still out of order");
  writeFileSync(
    join(project, "convex/messages.ts"),
    readFileSync(join(project, "convex/messages.ts"), "utf8") + refusing,
  );
  edit(
    project,
    "schema.ts",
    `.index("by_author", ["author"])`,
    `.index("by_author", ["author"]).index("by_text", ["text"])`,
  );
  const pushed = await convex(project, settings, "dev", "--once", ...FAST);
  expect([pushed.code, pushed.stderr]).toEqual([0, expect.stringContaining("[+] messages.by_text")]);
  expect(pushed.stderr).toContain("Convex functions ready!");
  const crashed = await convex(project, settings, "run", "messages:crash");
  expect(crashed.stderr).toMatch(/still out of order\n {4}at handler \(convex\/messages\.ts:\d+/);
  expect(await server.run("messages:catches", {})).toBe("refused");

  edit(project, "messages.ts", "still out of order", "deployed");
  const deployed = await convex(project, settings, "deploy", "-y", ...FAST);
  expect([deployed.code, deployed.stderr]).toEqual([
    0,
    expect.stringContaining("Deployed Convex functions to http://127"),
  ]);
  await server.close();

  const second = await serve({ project, data });
  expect(second.logged.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("serving the functions that were pushed at"),
  );
  await expect(second.server.run("messages:crash", {})).rejects.toThrow("deployed");
  await second.server.close();

  // A folder that has changed since is newer than the push.
  edit(project, "messages.ts", "deployed", "from the folder");
  const third = await serve({ project, data });
  await expect(third.server.run("messages:crash", {})).rejects.toThrow("from the folder");
});

test("a refused schema names the document, and a broken module its file; the old code stays", async () => {
  const { server, project, run } = await serveForTools();
  await server.run("messages:seed", { author: "ada", count: 1 });
  edit(project, "schema.ts", "text: v.string()", "text: v.number()");
  const refused = await run("deploy", "-y", ...FAST);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Schema validation failed.");
  expect(refused.stderr).toMatch(/Document with ID "\w{32}" in table "messages" does not match the schema/);
  expect(await server.run("messages:list", { author: "ada" })).toEqual(["message 1"]);
  edit(project, "schema.ts", "text: v.number()", "text: v.string()");
  edit(
    project,
    "messages.ts",
    "export const whoami",
    `throw new Error("broken module");\nexport const whoami`,
  );
  const broken = await run("deploy", "-y", ...FAST);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toMatch(/convex\/messages\.ts:\d+:\d+: Error: broken module/);
  expect(await server.run("messages:list", { author: "ada" })).toEqual(["message 1"]);
});

test("npx convex dev pushes each saved file and prints the functions' logs", async () => {
  const { server, project } = await serveForTools();
  const settings = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey };
  const dev = startConvex(project, settings, "dev", "--tail-logs", "always", ...FAST);
  let printed = "";
  dev.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const shows = async (text: string): Promise<void> => {
    while (!printed.includes(text)) await once(dev.stderr, "data");
  };
  await shows("Convex functions ready!");
  printed = "";
  edit(project, "messages.ts", "about to crash", "about to crash again");
  await shows("Convex functions ready!");
  await expect(server.run("messages:crash", {})).rejects.toThrow("out of order");
  await shows("about to crash again");
  dev.kill("SIGINT");
  await once(dev, "exit");
});

test('npx convex dev pushes "use node" files, which run in Node and last across restarts', async () => {
  const project = projectForTools();
  const data = temporaryDirectory();
  const { server } = await serve({ project, data });
  const settings = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey };
  writeFileSync(
    join(project, "convex/digests.ts"),
    `"use node";
import { createHash } from "node:crypto";
import { actionGeneric, anyApi } from "convex/server";
import { ConvexError } from "convex/values";
export const digest = actionGeneric({ args: {}, handler: async () => createHash("sha256").update("").digest("hex") });
${refusing}`,
  );
  const pushed = await convex(project, settings, "dev", "--once", ...FAST);
  expect([pushed.code, pushed.stderr]).toEqual([0, expect.stringContaining("Convex functions ready!")]);
  expect(await server.run("digests:digest", {})).toMatch(/^e3b0c44298fc1c14/);
  expect(await server.run("digests:catches", {})).toBe("refused");
  // The command line sends only the hash of a file that has not changed.
  edit(project, "messages.ts", "out of order", "still out of order");
  expect((await convex(project, settings, "dev", "--once", ...FAST)).code).toBe(0);
  await server.close();
  const second = await serve({ project, data });
  expect(await second.server.run("digests:digest", {})).toMatch(/^e3b0c44298fc1c14/);
});

test("npx convex codegen writes the types of functions and components", async () => {
  const project = copyOf(join(import.meta.dirname, "../../../fixtures/components"));
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ type: "module", dependencies: { convex: "*" } }),
  );
  const { server } = await serve({ project });
  const settings = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey };
  rmSync(join(project, "convex/_generated"), { recursive: true, force: true });
  const generated = await convex(project, settings, "codegen", "--typecheck", "disable");
  expect([generated.code, generated.stderr]).toEqual([0, expect.anything()]);
  expect(existsSync(join(project, "convex/_generated/server.d.ts"))).toBe(true);
  expect(readFileSync(join(project, "convex/_generated/api.d.ts"), "utf8")).toContain("second");
  const pushed = await convex(project, settings, "dev", "--once", ...FAST);
  expect([pushed.code, pushed.stderr]).toEqual([0, expect.stringContaining("Convex functions ready!")]);
  await server.run("lib:add", { amount: 2 }, "second");
  expect(await server.run("lib:total", {}, "second")).toBe(2);
});
