/** Pushes whose checks and index fills take longer than clients wait for a response. */
import { expect, test, vi } from "vitest";
import { Pusher, pushRequest } from "../../../fixtures/pushing";
import { serve } from "../../../fixtures/serve";
import { SchemaRefused } from "../../store/schema";
import type { Deployment } from "../deployment";
import { Pushes } from "./pushes";
import type { PushRequest } from "./request";
import { SchemaPreparation } from "./schemaPreparation";

// Each push starts the bundler.
vi.setConfig({ testTimeout: 600_000 });

/** Work that ends when the test says so. */
class Held {
  calls = 0;
  #end: { resolve: () => void; reject: (error: Error) => void } | null = null;

  readonly run = (): Promise<void> => {
    this.calls++;
    return new Promise((resolve, reject) => (this.#end = { resolve, reject }));
  };

  end(): void {
    this.#end?.resolve();
  }

  fail(error: Error): void {
    this.#end?.reject(error);
  }
}

const index = { type: "database", name: "rows.by_n", fields: ["n"] } as const;
const diffs = {
  "": { added_indexes: [index], removed_indexes: [], enabled_indexes: [], disabled_indexes: [] },
};
const schemas = [{ component: "", schema: null }];
const done = () => Promise.resolve();
/** Longer than any test: the response comes because the work has ended. */
const LONG_MS = 2 ** 31 - 1;

test("a slow check and a slow fill are reported as in progress until they end, and run once", async () => {
  const check = new Held();
  const fill = new Held();
  const target = { checkSchemas: check.run, fillIndexes: fill.run };
  const preparation = new SchemaPreparation(target, schemas, diffs, false);
  const inProgress = (schemaValidationComplete: boolean) => ({
    type: "inProgress",
    components: { "": { schemaValidationComplete, indexesComplete: 0, indexesTotal: 1 } },
  });
  expect(await preparation.wait(0)).toEqual(inProgress(false));
  const waiting = preparation.wait(LONG_MS);
  check.end();
  await expect.poll(() => fill.calls).toBe(1);
  expect(await preparation.wait(0)).toEqual(inProgress(true));
  fill.end();
  expect(await waiting).toEqual({ type: "complete" });
  expect(await preparation.wait(LONG_MS)).toEqual({ type: "complete" });
  expect([check.calls, fill.calls]).toEqual([1, 1]);
});

test("a dry run fills no index", async () => {
  const fill = new Held();
  const target = { checkSchemas: done, fillIndexes: fill.run };
  expect(await new SchemaPreparation(target, schemas, diffs, true).wait(LONG_MS)).toEqual({
    type: "complete",
  });
  expect(fill.calls).toBe(0);
});

test("a check that fails after the client has left is reported to the next request", async () => {
  const check = new Held();
  const target = { checkSchemas: check.run, fillIndexes: done };
  const preparation = new SchemaPreparation(target, schemas, diffs, false);
  await preparation.wait(0);
  check.fail(new SchemaRefused([{ component: "", table: "rows", id: "1", problem: "no" }], 1));
  expect(await preparation.wait(LONG_MS)).toMatchObject({ type: "failed", tableName: "rows" });
});

test("a check that another fault ends begins again with the next request", async () => {
  const check = new Held();
  const target = { checkSchemas: check.run, fillIndexes: done };
  const preparation = new SchemaPreparation(target, schemas, diffs, false);
  const first = preparation.wait(LONG_MS);
  check.fail(new Error("disk full"));
  await expect(first).rejects.toThrow("disk full");
  const second = preparation.wait(LONG_MS);
  check.end();
  expect(await second).toEqual({ type: "complete" });
});

const request: PushRequest = { project: { version: "1.48.0", components: [] }, dryRun: false };

/** A deployment whose last step is held. */
function heldDeployment(served: Held): Pushes {
  const evaluated = { components: new Map(), mounts: [], definitions: new Map(), schemas: [], providers: [] };
  const deployment = {
    engine: () => ({ components: new Map(), store: {} }),
    pushes: {
      pushed: null,
      evaluate: () => Promise.resolve(evaluated),
      checkSchemas: done,
      fillIndexes: done,
      servePush: served.run,
    },
  };
  // The steps of a push use only these parts of a deployment.
  return new Pushes(deployment as unknown as Deployment);
}

const idOf = (started: object): unknown =>
  (started as { schemaChange: { schemaIds: { push: string } } }).schemaChange.schemaIds.push;

test("a client that lost the response of a slow last step sends it again and gets the same response", async () => {
  const served = new Held();
  const pushes = heldDeployment(served);
  const id = idOf(await pushes.start(request));
  const lost = pushes.finish(id);
  const again = pushes.finish(id);
  served.end();
  expect(await again).toBe(await lost);
  expect(await pushes.finish(id)).toBe(await lost);
  expect(served.calls).toBe(1);
});

test("a last step that failed may be sent again", async () => {
  const served = new Held();
  const pushes = heldDeployment(served);
  const id = idOf(await pushes.start(request));
  const failing = pushes.finish(id);
  await expect.poll(() => served.calls).toBe(1);
  served.fail(new Error("disk full"));
  await expect(failing).rejects.toThrow("disk full");
  const again = pushes.finish(id);
  await expect.poll(() => served.calls).toBe(2);
  served.end();
  expect(await again).toMatchObject({ definitionDiffs: {} });
});

const rows = (index: string) => ({
  "schema.js": `
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";
    export default defineSchema({ rows: defineTable({ n: v.number(), m: v.number() })${index} });
  `,
  "rows.js": `
    import { mutationGeneric, queryGeneric } from "convex/server";
    export const add = mutationGeneric({ args: {}, handler: async (ctx) => {
      for (let n = 0; n < 10; n++) await ctx.db.insert("rows", { n, m: -n });
    } });
    export const largest = queryGeneric({ args: {}, handler: async (ctx) =>
      ${index === "" ? "null" : `(await ctx.db.query("rows").withIndex("by_n").order("desc").first()).n`} });
  `,
});
const BY_N = `.index("by_n", ["n"])`;

test("new indexes are filled before the last step, and an abandoned push leaves none behind", async () => {
  const { server, logged } = await serve();
  const pusher = new Pusher(server);
  await pusher.push(await pushRequest(rows("")));
  await server.run("rows:add", {});
  const filled = () =>
    logged.filter(({ message }) => message.startsWith("index rows.")).map(({ message }) => message);

  const { body } = await pusher.start(await pushRequest(rows(BY_N)));
  expect(await pusher.waitForSchema(body)).toMatchObject({ body: { type: "complete" } });
  expect(filled()).toEqual(["index rows.by_n filled with 10 documents"]);
  // The old functions keep the new index up to date.
  await server.run("rows:add", {});
  expect(await server.run("rows:largest", {})).toBe(null);
  expect((await pusher.finish(body)).status).toBe(200);
  expect((await pusher.finish(body)).status).toBe(200);
  expect(await server.run("rows:largest", {})).toBe(9);
  expect(filled()).toEqual(["index rows.by_n filled with 10 documents"]);

  const abandoned = await pusher.start(await pushRequest(rows(`${BY_N}.index("by_m", ["m"])`)));
  await pusher.waitForSchema(abandoned.body);
  await pusher.push(await pushRequest(rows(BY_N)));
  expect(filled().slice(1)).toEqual(["index rows.by_m filled with 20 documents", "index rows.by_m dropped"]);
});

test("an index that gets other fields is replaced in the last step, and old functions use it until then", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  await pusher.push(await pushRequest(rows(BY_N)));
  await server.run("rows:add", {});
  const { body } = await pusher.start(await pushRequest(rows(`.index("by_n", ["m"])`)));
  await pusher.waitForSchema(body);
  expect(await server.run("rows:largest", {})).toBe(9);
  await pusher.finish(body);
  expect(await server.run("rows:largest", {})).toBe(0);
});
