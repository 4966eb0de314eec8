/**
 * Routes that an adopter adds beside the contracts, on the embedded runtime in a process of its own: an order that calls another
 * service, a plain Hono route, and a route of Convex's own router. The process is killed while an order runs.
 */
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SERVER_COMMAND } from "../lib/server";
import { startServer, temporaryDirectory } from "../lib/testServer";

const root = resolve(import.meta.dirname, "../..");

const FILES = {
  "convex/orders.ts": `
import { v } from "convex/values";
import { internalAction } from "./_generated/server";
import { idempotencyArg, onceOf } from "./lib/idempotency.lib";
import { onceExternal } from "./lib/onceExternal.lib";

export const order = internalAction({
  args: { sku: v.string(), timeLimitMs: v.number(), ...idempotencyArg },
  returns: onceOf(v.object({ orderId: v.string() })),
  handler: (ctx, { sku, timeLimitMs, idempotency }) =>
    onceExternal(ctx, idempotency, { timeLimitMs }, async () => {
      const reply = await fetch(process.env.SUPPLIER + "/" + sku, { method: "POST" });
      return { orderId: await reply.text() };
    }),
});
`,
  "convex/http/orders/orders.contract.ts": `
import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";

export const createOrder = contract("post", "/api/orders", () => ({
  operationId: "createOrder",
  scope: "items:write",
  idempotent: "external",
  body: { type: "json", schema: ({ z }) => z.strictObject({ sku: z.string(), timeLimitMs: z.number() }) },
  docs: docsOnly(({ z }) => ({
    ...{ tag: "Orders", summary: "Order", description: "For this test." },
    replies: { 200: z.object({ orderId: z.string() }) },
  })),
}));
`,
  "convex/http/orders/orders.routes.ts": `
import { internal } from "../../_generated/api";
import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { plain } from "../kit/plain.kit";
import { createOrder } from "./orders.contract";

export function orders(api: Registry): void {
  implement(api, createOrder, async (c) =>
    c.json(await c.var.once((key) => c.env.runAction(internal.orders.order, { ...c.req.valid("json"), ...key })), 200),
  );
  plain(api, "GET /robots.txt", { scope: null }, (c) => c.text("User-agent: *"));
}
`,
  "convex/http.ts": `
import { httpAction } from "./_generated/server";
import { api } from "./http/api.app";
import { ApiRouter } from "./http/kit/router.kit";

const http = new ApiRouter(api);
http.route({ path: "/own", method: "GET", handler: httpAction(async () => new Response("Convex's own")) });
export default http;
`,
};

/** Copies the functions of this project, and adds the files above. */
function project(): string {
  const directory = temporaryDirectory();
  cpSync(join(root, "convex"), join(directory, "convex"), {
    recursive: true,
    filter: (path) => !path.endsWith(".test.ts"),
  });
  mkdirSync(join(directory, "openapi"));
  for (const name of ["openapi.json", "scalar.json"])
    cpSync(join(root, "openapi", name), join(directory, "openapi", name));
  for (const name of ["package.json", "convex-embedded.json", "tsconfig.json"])
    cpSync(join(root, name), join(directory, name));
  mkdirSync(join(directory, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")))
    if (name === ".bin" || !name.startsWith("."))
      symlinkSync(join(root, "node_modules", name), join(directory, "node_modules", name));
  mkdirSync(join(directory, "convex/http/orders"));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(directory, path), text);
  const table = join(directory, "convex/http/api.routes.ts");
  const orders = `
  {
    routes: ["POST /api/orders", "GET /robots.txt"],
    load: async () => (await import("./orders/orders.routes")).orders,
  },`;
  const start = "export const RESOURCES: readonly Resource[] = [";
  writeFileSync(table, readFileSync(table, "utf8").replace(start, start + orders));
  return directory;
}

/** Starts a service that answers no order until the test does. */
async function openSupplier() {
  const waiting = new Map<string, ServerResponse>();
  const arrivals = new Map<string, () => void>();
  const supplier = createServer((request, reply) => {
    const sku = request.url ?? "";
    waiting.set(sku, reply);
    arrivals.get(sku)?.();
  });
  supplier.listen(0, "127.0.0.1");
  await once(supplier, "listening");
  onTestFinished(() => {
    supplier.closeAllConnections();
    supplier.close();
  });
  return {
    url: `http://127.0.0.1:${(supplier.address() as AddressInfo).port}`,
    /** Waits until an order arrives. Call it before the order is sent. */
    arrival: (sku: string) => new Promise<void>((arrived) => arrivals.set(`/${sku}`, arrived)),
    answer: (sku: string) => waiting.get(`/${sku}`)?.end(`order of ${sku}`),
  };
}

test("a retry after a crash is told what happened, and the order is not repeated", async () => {
  const supplier = await openSupplier();
  const directory = project();
  const options = {
    ...{ cwd: directory, data: join(directory, "data"), command: SERVER_COMMAND },
    settings: { SUPPLIER: supplier.url },
  };
  const before = await startServer(options);
  const { key } = before;
  const orderFrom = (url: string, sku: string, timeLimitMs: number) =>
    fetch(`${url}/api/orders`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/json", "Idempotency-Key": `order-${sku}` },
      body: JSON.stringify({ sku, timeLimitMs }),
    });
  const HOUR = 3_600_000;

  // A result, and its replay.
  const arrived = supplier.arrival("nut");
  const reply = orderFrom(before.url, "nut", HOUR);
  await arrived;
  const duplicate = await orderFrom(before.url, "nut", HOUR);
  expect([duplicate.status, duplicate.headers.get("retry-after")]).toEqual([409, "5"]);
  supplier.answer("nut");
  expect(await (await reply).json()).toEqual({ orderId: "order of nut" });

  // Two orders are at the supplier when the process is killed. The time limit of the second one has passed.
  const both = [supplier.arrival("bolt"), supplier.arrival("screw")];
  const lost = Promise.allSettled([orderFrom(before.url, "bolt", HOUR), orderFrom(before.url, "screw", 1)]);
  await Promise.all(both);
  await before.kill();
  expect((await lost).map(({ status }) => status)).toEqual(["rejected", "rejected"]);

  const after = await startServer(options);
  const codes = [];
  for (const [sku, limit] of [
    ["nut", HOUR],
    ["bolt", HOUR],
    ["screw", 1],
  ] as const) {
    const retried = await orderFrom(after.url, sku, limit);
    const body = (await retried.json()) as { code?: string; orderId?: string };
    codes.push([retried.status, body.code ?? body.orderId, retried.headers.get("idempotency-replayed")]);
  }
  expect(codes).toEqual([
    [200, "order of nut", "true"],
    [409, "conflict", null],
    [409, "outcome_unknown", null],
  ]);

  const robots = await fetch(`${after.url}/robots.txt`);
  expect([await robots.text(), robots.headers.get("x-frame-options")]).toEqual(["User-agent: *", "DENY"]);
  expect(robots.headers.get("x-request-id")).not.toBeNull();
  const refused = await fetch(`${after.url}/robots.txt`, { method: "DELETE" });
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  expect((await fetch(`${after.url}/robots.txt`, { method: "HEAD" })).status).toBe(200);
  expect(await (await fetch(`${after.url}/own`)).text()).toBe("Convex's own");
});
