/** Work in progress while a push puts other functions into service. */
import { ConvexHttpClient } from "convex/browser";
import type { FunctionReference } from "convex/server";
import { anyApi } from "convex/server";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { openGate } from "../../../fixtures/gate";
import { openClient, subscribe } from "../../../fixtures/live";
import type { Sources } from "../../../fixtures/pushing";
import { Pusher, pushRequest } from "../../../fixtures/pushing";
import { serve } from "../../../fixtures/serve";

// Each push starts the bundler.
vi.setConfig({ testTimeout: 600_000 });

const SWAPS = 2;

type Functions = Readonly<
  Record<"version" | "count", FunctionReference<"query">> &
    Record<"add", FunctionReference<"mutation">> &
    Record<"held", FunctionReference<"action">>
>;
const functions = anyApi["work"] as unknown as Functions;

/** Functions that return the version of their code. */
const versionOf = (version: number): Sources => ({
  "work.js": `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from "convex/server";
    export const version = queryGeneric({ args: {}, handler: async (ctx) => {
      await ctx.db.query("rows").first();
      return ${version};
    } });
    export const count = queryGeneric({ args: {}, handler: async (ctx) =>
      ({ version: ${version}, count: (await ctx.db.query("rows").collect()).length }) });
    export const add = mutationGeneric({ args: {}, handler: async (ctx) => {
      await ctx.db.insert("rows", {});
      return ${version};
    } });
    export const held = actionGeneric({ handler: async (ctx, { url }) => {
      await fetch(url);
      const nested = await Promise.all([ctx.runQuery(anyApi.work.version), ctx.runMutation(anyApi.work.add)]);
      return [${version}, ...nested];
    } });
  `,
  "http.js": `
    import { anyApi, httpActionGeneric, httpRouter } from "convex/server";
    const http = httpRouter();
    http.route({ path: "/held", method: "POST", handler: httpActionGeneric(async (ctx, request) => {
      const url = await request.text();
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("${version} "));
          await fetch(url);
          controller.enqueue(new TextEncoder().encode(String(await ctx.runQuery(anyApi.work.version))));
          controller.close();
        },
      });
      return new Response(body);
    }) });
    export default http;
  `,
});

test("actions and HTTP actions that a push overtakes end on the code with which they began", async () => {
  const { server, logged } = await serve();
  const pusher = new Pusher(server);
  await pusher.push(await pushRequest(versionOf(1)));
  const gate = await openGate();
  const client = new ConvexHttpClient(server.apiUrl, { logger: false });
  const live = openClient(server.apiUrl);
  const held = [
    client.action(functions.held, { url: gate.url }),
    live.action(functions.held, { url: gate.url }),
    server.run("work:held", { url: gate.url }),
    fetch(`${server.url}/held`, { method: "POST", body: gate.url }).then((response) => response.text()),
  ];
  await gate.waiting(held.length);

  await pusher.push(await pushRequest(versionOf(2)));
  expect(await client.query(functions.version)).toBe(2);
  expect(await live.action(functions.held, { url: `${server.apiUrl}/version` })).toEqual([2, 2, 2]);
  gate.open();
  expect(await Promise.all(held)).toEqual([[1, 1, 1], [1, 1, 1], [1, 1, 1], "1 1"]);
  expect(await client.query(functions.count)).toEqual({ version: 2, count: 4 });
  expect(logged.filter(({ level }) => level === "error")).toEqual([]);
});

test("an action that a push removes ends, and new calls of it are refused", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  await pusher.push(await pushRequest(versionOf(1)));
  const gate = await openGate();
  const client = new ConvexHttpClient(server.apiUrl, { logger: false });
  const held = client.action(functions.held, { url: gate.url });
  await gate.waiting(1);
  await pusher.push(await pushRequest({ "other.js": "export {};" }));
  await expect(client.action(functions.held, { url: gate.url })).rejects.toThrow("Could not find");
  gate.open();
  expect(await held).toEqual([1, 1, 1]);
});

test(`requests and live queries during ${SWAPS} pushes run on the old or the new code, and none is lost`, async () => {
  // The calls share the processor with the bundler, so they may take longer than the limit of a function.
  const { server, logged } = await serve({ limits: { userMs: 60_000 } });
  const pusher = new Pusher(server);
  const requests = await Promise.all(
    Array.from({ length: SWAPS + 1 }, (_, version) => pushRequest(versionOf(version))),
  );
  const [first = {}, ...rest] = requests;
  await pusher.push(first);
  const http = new ConvexHttpClient(server.apiUrl, { logger: false });
  const live = openClient(server.apiUrl);
  const counted = subscribe<{ version: number; count: number }>(live, functions.count);
  const versions = subscribe<number>(live, functions.version);
  await counted.until(() => counted.values.length > 0);

  let pushed = 0;
  let stopped = false;
  let added = 0;
  /** Calls one function until the pushes end. Each call returns the version of its code. */
  const callUntilEnd = async (call: () => Promise<number>): Promise<number[]> => {
    const seen: number[] = [];
    while (!stopped) {
      const oldest = pushed;
      const version = await call();
      // A push that was acknowledged before the call began counts.
      expect(version).toBeGreaterThanOrEqual(oldest);
      seen.push(version);
      await turn();
    }
    return seen;
  };
  const add = (client: { mutation: (reference: Functions["add"], args: object) => Promise<unknown> }) =>
    callUntilEnd(async () => {
      const version = (await client.mutation(functions.add, {})) as number;
      added++;
      return version;
    });
  const calls = [
    add(live),
    add(http),
    callUntilEnd(() => http.query(functions.version) as Promise<number>),
    callUntilEnd(() => server.run("work:version", {}) as Promise<number>),
  ];
  const pushing = async (): Promise<void> => {
    for (const request of rest) {
      await pusher.push(request);
      pushed++;
      await versions.until(() => versions.last === pushed);
    }
  };
  const [results] = await Promise.all([Promise.all(calls), pushing().finally(() => (stopped = true))]);
  for (const seen of results) {
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(SWAPS);
  }
  await counted.until(() => counted.last?.count === added && counted.last.version === SWAPS);
  expect(versions.values).toEqual([0, 1, 2]);
  expect(counted.values.map(({ count }) => count)).toEqual(
    counted.values.map(({ count }) => count).toSorted((a, b) => a - b),
  );
  expect([counted.errors, versions.errors]).toEqual([[], []]);
  expect(logged.filter(({ level }) => level === "error")).toEqual([]);
});
