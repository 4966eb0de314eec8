/** Plain Hono routes beside the contracts. */
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fail } from "../../lib/failure.lib";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { Api, type Registry } from "../kit/api.kit";
import { plain } from "../kit/plain.kit";
import { plainResource } from "../kit/table.kit";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";

const legacy = new Hono()
  .basePath("/legacy")
  .all("*", (c) =>
    c.text(`legacy ${c.req.method} ${c.req.path}`, 201, { "X-Own": "1", "X-Frame-Options": "SAMEORIGIN" }),
  );

// The product has no plain route, so this file adds its own.
plain(api, "GET /robots.txt", { scope: null }, (c) => c.text("User-agent: *\n"));
plain(api, "POST /legacy/*", { scope: "jobs:read" }, (c) => legacy.fetch(c.req.raw, c.env));
plain(api, "GET /api/plain", { scope: "any" }, (c) =>
  c.req.query("fail") === undefined ? c.json(c.var.caller.scopes) : fail("conflict", "Broken"),
);

const { key, answers } = await goodKey();
const KEY = { "X-API-Key": key };
/** The document has no plain routes. */
const { sendUnchecked: send } = fakeContext(answers);

afterEach(() => vi.unstubAllEnvs());

const commonHeaders = ({ headers }: Response) => ({
  id: headers.get("x-request-id"),
  cors: headers.get("access-control-allow-origin"),
  frame: headers.get("x-frame-options"),
});

describe("a plain route", () => {
  test("answers with the request id, CORS and the security headers", async () => {
    const reply = await send("/robots.txt", { headers: { "X-Request-Id": "mine" } });
    expect(commonHeaders(reply)).toEqual({ id: "mine", cors: "*", frame: "DENY" });
    expect(await reply.text()).toBe("User-agent: *\n");
  });

  test("keeps the headers of another app's response, and adds the API's", async () => {
    const reply = await send("/legacy/a/b", { method: "POST", headers: { ...KEY, "X-Request-Id": "mine" } });
    expect(commonHeaders(reply)).toEqual({ id: "mine", cors: "*", frame: "SAMEORIGIN" });
    expect([reply.status, reply.headers.get("x-own"), await reply.text()]).toEqual([
      201,
      "1",
      "legacy POST /legacy/a/b",
    ]);
  });

  test("answers HEAD like GET without a body", async () => {
    const reply = await send("/robots.txt", { method: "HEAD" });
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
  });

  test("answers 405 with Allow to other methods, and OPTIONS", async () => {
    const refused = await send("/robots.txt", { method: "POST" });
    expect(refused.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    await problem(refused, 405, "method_not_allowed");
    expect((await send("/robots.txt", { method: "OPTIONS" })).status).toBe(204);
  });

  test("requires its scope", async () => {
    await problem(send("/legacy/a", { method: "POST" }), 401, "unauthenticated");
    expect(await (await send("/api/plain?any=1", { headers: KEY })).json()).toEqual(["*"]);
  });

  test("counts against the limit of the caller", async () => {
    vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "1");
    const state = {
      policy: "address",
      limit: 1,
      windowSeconds: 60,
      remaining: 0,
      resetSeconds: 60,
      retryAfterSeconds: 6,
    };
    const limited = fakeContext({ "auth:admitAddress": () => state });
    await problem(limited.sendUnchecked("/robots.txt"), 429, "rate_limited");
  });

  test("is logged by its pattern, and its refusals are problems", async () => {
    const log = vi.spyOn(console, "log");
    const reply = await send("/api/plain?fail", { headers: KEY });
    await problem(reply, 409, "conflict");
    expect(log.mock.calls.flat().join()).toContain('"route":"/api/plain","status":409');
    log.mockRestore();
  });

  test("is loaded by its own requests only", async () => {
    const load = vi.fn(() => (registry: Registry) => {
      plain(registry, "GET /humans.txt", { scope: null }, (c) => c.text("Ada\n"));
    });
    const app = new Api([plainResource(["GET /humans.txt"], load)], async (c, route) =>
      route ? (await route.endpoint()).handle(c) : c.text("none", 404),
    );
    const ask = (path: string) => app.fetch(new Request(`https://api.example.test${path}`), {} as ActionCtx);
    expect([(await ask("/nothing")).status, load.mock.calls.length]).toEqual([404, 0]);
    expect([await (await ask("/humans.txt")).text(), load.mock.calls.length]).toEqual(["Ada\n", 1]);
    expect(app.routes()).toEqual([["GET", "/humans.txt"]]);
  });

  test("is not in the document's contracts", async () => {
    const paths = (await api.contracts()).map(({ path }) => path);
    expect(paths).not.toContain("/robots.txt");
  });
});
