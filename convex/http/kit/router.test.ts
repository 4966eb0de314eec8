import { httpActionGeneric, type RoutableMethod } from "convex/server";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import type { ApiEnv } from "./env.kit";
import { ApiRouter, MatchOnceRouter, methodsAt } from "./router.kit";

/** A small app of the same build as the real one. */
function smallApp() {
  const app = new Hono<ApiEnv>({ router: new MatchOnceRouter(), strict: false });
  app.get("/things/:id", (c) => c.text(`${c.req.method} ${c.req.param("id")}`));
  app.patch("/things/:id", (c) => c.text("patched"));
  app.post("/things", (c) => c.text("made"));
  return app;
}

let app: ReturnType<typeof smallApp>;
let router: ApiRouter;
beforeEach(() => {
  app = smallApp();
  router = new ApiRouter(app);
});

afterEach(() => vi.restoreAllMocks());

/** Serves a request as Convex does: looks up the route, then calls its handler. */
async function serve(method: RoutableMethod | "HEAD", path: string): Promise<Response> {
  const found = router.lookup(path, method);
  const handler = found?.[0] as unknown as {
    _handler: (ctx: ActionCtx, request: Request) => Promise<Response>;
  };
  return handler._handler({} as ActionCtx, new Request(`https://api.example.test${path}`, { method }));
}

const patternOf = (method: RoutableMethod | "HEAD", path: string) => router.lookup(path, method)?.slice(1);

describe("a request", () => {
  test.each([
    ["GET", "/things/a", "GET a"],
    ["PATCH", "/things/a", "patched"],
    ["POST", "/things", "made"],
  ] as const)("%s %s is matched once and reaches its handler", async (method, path, text) => {
    const match = vi.spyOn(MatchOnceRouter.prototype, "walk");
    expect(await (await serve(method, path)).text()).toBe(text);
    expect(match).toHaveBeenCalledTimes(1);
  });

  test("a slash at its end makes no difference to the one match, and two are another path", async () => {
    const match = vi.spyOn(MatchOnceRouter.prototype, "walk");
    expect(await (await serve("GET", "/things/a/")).text()).toBe("GET a");
    expect(match).toHaveBeenCalledTimes(1);
    expect((await serve("GET", "/things/a//")).status).toBe(404);
    expect((await serve("POST", "/things//")).status).toBe(404);
  });

  test("HEAD is matched as GET, once, and stays HEAD for the handler", async () => {
    const match = vi.spyOn(MatchOnceRouter.prototype, "walk");
    const seen = vi.fn<(method: string) => void>();
    app.get("/seen", (c) => {
      seen(c.req.method);
      return c.text("seen");
    });
    const reply = await serve("HEAD", "/seen");
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
    expect(seen).toHaveBeenCalledWith("HEAD");
    expect(match.mock.calls).toEqual([["GET", "/seen"]]);
  });

  test("one after another, each finds its own", async () => {
    for (const id of ["a", "b", "a"])
      expect(await (await serve("GET", `/things/${id}`)).text()).toBe(`GET ${id}`);
    expect(await (await serve("PATCH", "/things/a")).text()).toBe("patched");
  });
});

describe("the look-up names", () => {
  test.each([
    ["GET", "/things/a", ["GET", "/things/:id"]],
    ["HEAD", "/things/a", ["GET", "/things/:id"]],
    ["PATCH", "/things/b", ["PATCH", "/things/:id"]],
    ["POST", "/things", ["POST", "/things"]],
  ] as const)("the method and pattern of %s %s", (method, path, expected) => {
    expect(patternOf(method, path)).toEqual(expected);
  });

  test("a route that comes with a trailing slash", () => {
    expect(patternOf("GET", "/things/a/")).toEqual(["GET", "/things/:id"]);
    expect(patternOf("POST", "/things/")).toEqual(["POST", "/things"]);
  });

  test("no path where there is no route: the app answers 404 or 405, and logs hold nothing of it", () => {
    expect(patternOf("GET", "/nowhere")).toEqual(["GET", "/*"]);
    expect(patternOf("DELETE", "/things/a")).toEqual(["DELETE", "/*"]);
  });

  test("the route, not a middleware that matches everything", () => {
    app = new Hono<ApiEnv>({ router: new MatchOnceRouter(), strict: false });
    app.get("/things/:id", (c) => c.text("thing"));
    app.use("*", async (_, next) => next());
    router = new ApiRouter(app);
    expect(patternOf("GET", "/things/a")).toEqual(["GET", "/things/:id"]);
    expect(router.getRoutes().map(([path, method]) => `${method} ${path}`)).toEqual(["GET /things/:id"]);
  });
});

test("routes of Convex's own router come first, and both kinds are listed", async () => {
  const own = httpActionGeneric(() => Promise.resolve(new Response("Convex's own")));
  router.route({ path: "/things/special", method: "GET", handler: own });
  router.route({ pathPrefix: "/files/", method: "GET", handler: own });
  expect(await (await serve("GET", "/things/special")).text()).toBe("Convex's own");
  expect(await (await serve("HEAD", "/things/special")).text()).toBe("Convex's own");
  expect(await (await serve("GET", "/files/a/b")).text()).toBe("Convex's own");
  expect(await (await serve("GET", "/things/other")).text()).toBe("GET other");
  const listed = router.getRoutes().map(([path, method]) => `${method} ${path}`);
  expect(listed.sort()).toEqual(
    ["GET /files/*", "GET /things/:id", "GET /things/special", "PATCH /things/:id", "POST /things"].sort(),
  );
});

test("the dashboard lists the API's contracts and nothing else", () => {
  const listed = new ApiRouter(api.app).getRoutes().map(([path, method]) => `${method} ${path}`);
  const contracts = api.contracts.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(listed.sort()).toEqual(contracts.sort());
});

test("the methods at a path", () => {
  expect(methodsAt(app, "/things/a").sort()).toEqual(["GET", "PATCH"]);
  expect(methodsAt(app, "/things")).toEqual(["POST"]);
  expect(methodsAt(app, "/nowhere")).toEqual([]);
});
