import { docsOnly } from "#docsOnly";
import { httpActionGeneric, type RoutableMethod } from "convex/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { Api, type Registry } from "./api.kit";
import { contract } from "./contract.kit";
import { implement } from "./implement.kit";
import { RouteTable } from "./routeTable.kit";
import { ApiRouter } from "./router.kit";
import { resource, type Resource } from "./table.kit";
import { id } from "./values.kit";
import { FIXTURES } from "../testing/fixtures.testing";

const docs = docsOnly(({ reply }) => ({
  tag: "Things",
  summary: "A thing",
  description: "For this test.",
  replies: { 200: reply.text("text/plain") },
}));
const TEXT = { "Content-Type": "text/plain" } as const;
const getThing = contract("get", "/things/:id", () => ({
  operationId: "getThing",
  scope: null,
  params: { id: id() },
  docs,
}));
const makeThing = contract("post", "/things", () => ({ operationId: "makeThing", scope: null, docs }));
const getBest = contract("get", "/things/best", () => ({ operationId: "getBest", scope: null, docs }));

function things(registry: Registry): void {
  implement(registry, getThing, (c) =>
    Promise.resolve(c.body(`${c.req.method} ${c.req.param("id")}`, 200, TEXT)),
  );
  implement(registry, makeThing, (c) => Promise.resolve(c.body("made", 200, TEXT)));
  implement(registry, getBest, (c) => Promise.resolve(c.body("best", 200, TEXT)));
}

/** A small app of the same build as the real one, and the function that loads its only resource. */
function smallApp() {
  const load = vi.fn(() => Promise.resolve(things));
  const table = resource<{
    getThing: typeof getThing;
    makeThing: typeof makeThing;
    getBest: typeof getBest;
  }>()(["GET /things/:id", "POST /things", "GET /things/best"], load);
  const app = new Api([table], async (c, route) =>
    route ? (await route.endpoint()).handle(c) : c.text("none", 404),
  );
  return { app, load, router: new ApiRouter(app) };
}

afterEach(() => vi.restoreAllMocks());

/** Serves a request as Convex does: looks up the route, then calls its handler. */
async function serve(router: ApiRouter, method: RoutableMethod | "HEAD", path: string): Promise<Response> {
  const found = router.lookup(path, method);
  const handler = found?.[0] as unknown as {
    _handler: (ctx: ActionCtx, request: Request) => Promise<Response>;
  };
  return handler._handler({} as ActionCtx, new Request(`https://api.example.test${path}`, { method }));
}

describe("a request", () => {
  test.each([
    ["GET", "/things/a", "GET a", 1],
    ["GET", "/things/best", "best", 0],
    ["POST", "/things", "made", 0],
  ] as const)("%s %s reaches its handler (%s)", async (method, path, text, comparisons) => {
    const compare = vi.spyOn(RouteTable.prototype, "compare");
    const { router } = smallApp();
    expect(await (await serve(router, method, path)).text()).toBe(text);
    expect(compare).toHaveBeenCalledTimes(comparisons);
  });

  test("without a route is compared twice: to find its route, and for its 404, its pattern and the methods of its path", async () => {
    const compare = vi.spyOn(RouteTable.prototype, "compare");
    const { app, router } = smallApp();
    expect((await serve(router, "GET", "/nowhere")).status).toBe(404);
    expect([app.patternAt("/nowhere"), app.methodsAt("/nowhere")]).toEqual([undefined, []]);
    expect(compare).toHaveBeenCalledTimes(2);
  });

  test("may have one slash at the end of its path; two slashes make another path", async () => {
    const { router } = smallApp();
    expect(await (await serve(router, "GET", "/things/a/")).text()).toBe("GET a");
    expect((await serve(router, "GET", "/things/a//")).status).toBe(404);
    expect((await serve(router, "POST", "/things//")).status).toBe(404);
  });

  test("with HEAD is matched as GET, stays HEAD for the handler, and gets no body", async () => {
    const { router, app } = smallApp();
    const seen = vi.fn<(method: string) => void>();
    const getSeen = contract("get", "/seen", () => ({ operationId: "getSeen", scope: null, docs }));
    implement(app, getSeen, (c) => {
      seen(c.req.method);
      return Promise.resolve(c.body("seen", 200, TEXT));
    });
    const reply = await serve(router, "HEAD", "/seen");
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
    expect(seen).toHaveBeenCalledWith("HEAD");
  });

  test("gets its own parameters, also after another request", async () => {
    const { router } = smallApp();
    for (const id of ["a", "b", "a"])
      expect(await (await serve(router, "GET", `/things/${id}`)).text()).toBe(`GET ${id}`);
  });
});

describe("a resource", () => {
  test("is loaded by the first request to one of its routes, and not by a 404", async () => {
    const { router, load } = smallApp();
    expect((await serve(router, "GET", "/nowhere")).status).toBe(404);
    expect(load).not.toHaveBeenCalled();
    await serve(router, "GET", "/things/a");
    await serve(router, "GET", "/things/b");
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("that does not have a route of the table fails with a message that names the route", async () => {
    const stray: Resource = { routes: ["GET /lost"], load: () => things };
    const app = new Api([stray], async (c, route) =>
      (await route?.endpoint()) ? c.text("found") : c.text(""),
    );
    await expect(serve(new ApiRouter(app), "GET", "/lost")).rejects.toThrow("GET /lost");
  });
});

describe("the look-up names", () => {
  test.each([
    ["GET", "/things/a", ["GET", "/things/:id"]],
    ["GET", "/things/a/", ["GET", "/things/:id"]],
    ["HEAD", "/things/a", ["GET", "/things/:id"]],
    ["GET", "/things/best", ["GET", "/things/best"]],
    ["POST", "/things/", ["POST", "/things"]],
    // The app answers preflights, 405 and 404. The log must not contain an unknown path.
    ["OPTIONS", "/things/a", ["OPTIONS", "/things/:id"]],
    ["DELETE", "/things/a/", ["DELETE", "/things/:id"]],
    ["GET", "/nowhere", ["GET", "/*"]],
    ["OPTIONS", "/nowhere", ["OPTIONS", "/*"]],
  ] as const)("the method and pattern of %s %s", (method, path, expected) => {
    expect(smallApp().router.lookup(path, method)?.slice(1)).toEqual(expected);
  });
});

describe("the table", () => {
  const table = (...routes: string[]) => new RouteTable([{ routes, load: () => things }]);

  test.each([
    ["/a/b", "GET /a/b", {}],
    ["/a/x", "GET /a/:id", { id: "x" }],
    // A client that forgot to fill in the names sends the pattern itself.
    ["/a/:id", "GET /a/:id", { id: ":id" }],
    ["/a/:id/:part", "GET /a/:id/:part", { id: ":id", part: ":part" }],
    ["/a/b/*/c", "GET /a/*", { "*": "b/*/c" }],
    ["/a/*", "GET /a/:id", { id: "*" }],
    ["/a/x/y", "GET /a/:id/:part", { id: "x", part: "y" }],
    ["/a/x/y/z", "GET /a/*", { "*": "x/y/z" }],
    ["/a/", "GET /a/*", { "*": "" }],
  ])("in any order finds %s at %s", (path, name, params) => {
    const names = ["GET /a/*", "GET /a/:id", "GET /a/b", "GET /a/:id/:part", "POST /a/*"];
    for (const order of [names, names.toReversed()])
      expect(table(...order).match("GET", path)).toMatchObject({ name, params });
  });

  test("finds no route for a method that an exact path lacks, although a path with names has it", () => {
    for (const names of [
      ["POST /a/batch", "GET /a/:id"],
      ["GET /a/:id", "POST /a/batch"],
    ]) {
      expect(table(...names).match("GET", "/a/batch")).toBeUndefined();
      expect(table(...names).methodsAt("/a/batch")).toEqual(["POST"]);
      expect(table(...names).match("GET", "/a/b")?.name).toBe("GET /a/:id");
    }
  });

  test("finds no route for another method, an empty segment, or a path without the rest", () => {
    const routes = table("GET /a/:id", "GET /b/*");
    expect(routes.match("POST", "/a/x")).toBeUndefined();
    expect(routes.match("GET", "/a/")).toBeUndefined();
    expect(routes.match("GET", "/b")).toBeUndefined();
  });

  test("a named rest matches one or more segments, after names of single segments, and these after texts", () => {
    const names = ["GET /a/:id/files/*file", "GET /a/:id/files/:name", "GET /a/:id/files/first"];
    for (const order of [names, names.toReversed()]) {
      const routes = table(...order);
      const found = (path: string) => routes.match("GET", path);
      expect(found("/a/1/files/x/y%2Fz")).toMatchObject({
        name: names[0],
        params: { id: "1", file: "x/y%2Fz" },
      });
      expect(found("/a/1/files/x")).toMatchObject({ name: names[1], params: { id: "1", name: "x" } });
      expect(found("/a/1/files/first")?.name).toBe(names[2]);
      expect(found("/a/1/files")).toBeUndefined();
      expect(found("/a/1/files/")).toBeUndefined();
    }
  });

  test("finds the same with the index of its later requests as without it", () => {
    const names = [
      ...[
        "GET /",
        "GET /a",
        "POST /a",
        "GET /a/b",
        "GET /a/:id",
        "POST /a/:id",
        "PATCH /a/:id/b",
        "GET /a/:id/:part",
      ],
      ...["GET /a/b/*", "GET /*", "GET /c/*rest", "DELETE /:top/d", "GET /a/b/c/:id"],
    ];
    const segments = ["", "a", "b", "c", "d", "x", ":id", "*"];
    const paths = segments.flatMap((one) => [
      `/${one}`,
      ...segments.flatMap((two) => [`/${one}/${two}`, ...segments.map((three) => `/${one}/${two}/${three}`)]),
    ]);
    const used = table(...names);
    for (let i = 0; i < 5; i++) used.match("GET", `/unknown/${i}`);
    const found = (routes: () => RouteTable, path: string) => ({
      path,
      methods: routes().methodsAt(path),
      routes: ["GET", "POST", "PATCH", "DELETE"].map((method) => {
        const match = routes().match(method, path);
        return match && { name: match.name, params: match.params };
      }),
    });
    for (const path of [...paths, "/a/b/c/d", "/a/b/c/d/"]) {
      const searched = found(() => table(...names), path);
      expect(found(() => used, path)).toEqual(searched);
    }
  });

  test("finds a route that was added after many requests", async () => {
    const { app, router } = smallApp();
    for (let i = 0; i < 5; i++) await serve(router, "GET", `/things/${i}`);
    const getLate = contract("get", "/late/:id", () => ({
      ...{ operationId: "getLate", scope: null, docs },
      params: { id: id() },
    }));
    implement(app, getLate, (c) => Promise.resolve(c.body("late", 200, TEXT)));
    expect(await (await serve(router, "GET", "/late/1")).text()).toBe("late");
  });

  test("lists the methods at a path", () => {
    const routes = table("GET /a/:id", "PATCH /a/:id", "POST /a");
    expect(routes.methodsAt("/a/x").sort()).toEqual(["GET", "PATCH"]);
    expect(routes.methodsAt("/a")).toEqual(["POST"]);
    expect(routes.methodsAt("/nowhere")).toEqual([]);
  });
});

test("routes of Convex's own router come first, and both kinds are listed", async () => {
  const { router } = smallApp();
  const own = httpActionGeneric(() => Promise.resolve(new Response("Convex's own")));
  router.route({ path: "/things/special", method: "GET", handler: own });
  router.route({ pathPrefix: "/files/", method: "GET", handler: own });
  expect(await (await serve(router, "GET", "/things/special")).text()).toBe("Convex's own");
  expect(await (await serve(router, "HEAD", "/things/special")).text()).toBe("Convex's own");
  expect(await (await serve(router, "GET", "/files/a/b")).text()).toBe("Convex's own");
  expect(await (await serve(router, "GET", "/things/other")).text()).toBe("GET other");
  const listed = router.getRoutes().map(([path, method]) => `${method} ${path}`);
  expect(listed.sort()).toEqual(
    ["GET /files/*", "GET /things/:id", "GET /things/best", "GET /things/special", "POST /things"].sort(),
  );
});

test("the dashboard lists the API's contracts, its plain routes and nothing else", async () => {
  const listed = new ApiRouter(api).getRoutes().map(([path, method]) => `${method} ${path}`);
  const contracts = (await api.contracts()).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(listed.sort()).toEqual([...contracts, ...FIXTURES.withoutContract].sort());
});
