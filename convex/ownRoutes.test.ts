/** Routes that an adopter adds beside the contracts: plain Hono routes, and routes of Convex's own router. */
import { convexTest } from "convex-test";
import { afterEach, expect, test, vi } from "vitest";
import { httpAction } from "./_generated/server";
import { api } from "./http/api.app";
import { plain } from "./http/kit/plain.kit";
import { ApiRouter } from "./http/kit/router.kit";
import schema from "./schema";

const modules = import.meta.glob(["./**/*.ts", "./_generated/*.js", "!./**/*.test.ts"]);

plain(api, "GET /robots.txt", { scope: null }, (c) => c.text("User-agent: *\n"));
const http = new ApiRouter(api);
http.route({
  path: "/own",
  method: "GET",
  handler: httpAction(() => Promise.resolve(new Response("Convex's own"))),
});

function start() {
  return convexTest(schema, { ...modules, "./http.ts": () => Promise.resolve({ default: http }) });
}

afterEach(() => vi.unstubAllEnvs());

test("a plain route has the headers of the API and counts against the limit of the address", async () => {
  vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "2");
  const t = start();
  const reply = await t.fetch("/robots.txt", { headers: { "X-Request-Id": "mine" } });
  expect([reply.status, await reply.text()]).toEqual([200, "User-agent: *\n"]);
  expect(Object.fromEntries(reply.headers)).toMatchObject({
    "x-request-id": "mine",
    "access-control-allow-origin": "*",
    "x-frame-options": "DENY",
    "ratelimit-policy": '"address";q=2;w=60',
  });
  await t.fetch("/robots.txt");
  expect((await t.fetch("/robots.txt")).status).toBe(429);
  const other = await t.fetch("/robots.txt", { method: "DELETE" });
  expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
});

test("a route of Convex's own router comes first and gets nothing from the API", async () => {
  const t = start();
  const reply = await t.fetch("/own");
  expect([await reply.text(), reply.headers.has("x-request-id")]).toEqual(["Convex's own", false]);
  expect((await t.fetch("/health")).status).toBe(200);
});
