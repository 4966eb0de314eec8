/** A schema change may replace an index by another one of the same name. Queries see the documents all the time. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import { awaitable } from "../exec/awaitable";
import { realmCrypto } from "../runtime/crypto";
import type { ServerOptions } from "./serverOptions";

const env = { FIXTURE_BROKEN: "no" };

/** Starts a server with one item of ada. `changeIndex` adds a field to the index `by_owner`, without a reload. */
async function start(options: Partial<ServerOptions> = {}, files: Readonly<Record<string, string>> = {}) {
  const project = copyOf(BASIC);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, "convex", name), text);
  const { server } = await serve({ project, env, ...options });
  await server.run("items:create", { owner: "ada", name: "bolt" });
  const changeIndex = () => {
    const file = join(project, "convex/schema.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace('.index("by_owner", ["owner"])', '.index("by_owner", ["owner", "name"])'),
    );
  };
  return { server, changeIndex };
}

test("also before the change is durable", async () => {
  const syncs: (() => void)[] = [];
  let held = false;
  const sync = {
    inBackground: true,
    sync: () => (held ? new Promise<void>((resolve) => syncs.push(resolve)) : Promise.resolve()),
    truncate: () => undefined,
    close: () => undefined,
  };
  const { server, changeIndex } = await start({ hooks: { sync } });
  changeIndex();
  held = true;
  const reloading = server.reload();
  await vi.waitUntil(() => syncs.length === 1, { interval: 1 });
  expect(await server.run("items:names", { owner: "ada" })).toEqual(["bolt"]);
  held = false;
  for (const resolve of syncs) resolve();
  await reloading;
  expect(await server.run("items:names", { owner: "ada" })).toEqual(["bolt"]);
});

test("a query that began before the change ends with the state and the indexes from before", async () => {
  const { server, changeIndex } = await start(
    {},
    {
      "slow.ts": `
        import { internalQuery } from "./functions.lib";
        export const names = internalQuery({ args: {}, handler: async (ctx) => {
          const all = await ctx.db.query("items").collect();
          await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
          const own = await ctx.db.query("items").withIndex("by_owner", (q) => q.eq("owner", "ada")).collect();
          return [all, own].map((items) => items.map(({ name }) => name));
        } });`,
    },
  );
  const waiting: (() => void)[] = [];
  const { subtle } = realmCrypto;
  const generateKey = vi.spyOn(subtle, "generateKey");
  onTestFinished(() => generateKey.mockRestore());
  generateKey.mockImplementation(
    awaitable(() => new Promise<never>((resolve) => waiting.push(resolve as () => void))),
  );
  const names = server.run("slow:names", {});
  await vi.waitUntil(() => waiting.length === 1, { interval: 1 });
  changeIndex();
  await server.reload();
  waiting[0]?.();
  expect(await names).toEqual([["bolt"], ["bolt"]]);
});
