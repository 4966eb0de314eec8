/** Reference 1: the measured routes written by hand on `httpRouter`, as Convex's own examples write HTTP actions. */
import { type GenericActionCtx, type GenericDataModel, httpRouter } from "convex/server";
import { type Caller, httpAction, internal } from "../functions";
import {
  ALLOWED,
  EXPOSED,
  jsonBody,
  METHODS,
  parseItem,
  problem,
  Refusal,
  requestIdOf,
  sha256,
  toItem,
} from "../item";

type Ctx = GenericActionCtx<GenericDataModel>;
type Answer = { body: unknown; status: number; headers?: Record<string, string> };

/** Answers with JSON and the headers of every reply. An error becomes a problem. */
const route = (answer: (ctx: Ctx, request: Request) => Promise<Answer> | Answer) =>
  httpAction(async (ctx, request) => {
    const requestId = requestIdOf(request.headers.get("X-Request-Id"));
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Expose-Headers": EXPOSED.join(","),
      "X-Request-Id": requestId,
    };
    try {
      const { body, status, headers: own } = await answer(ctx, request);
      return Response.json(body, { status, headers: { ...headers, ...own } });
    } catch (error) {
      const refusal =
        error instanceof Refusal
          ? error
          : { status: 500, code: "internal", message: "Internal server error" };
      return new Response(JSON.stringify(problem(refusal.status, refusal.code, refusal.message, requestId)), {
        status: refusal.status,
        headers: { ...headers, "Content-Type": "application/problem+json" },
      });
    }
  });

async function callerWith(scope: string, ctx: Ctx, request: Request): Promise<Caller> {
  const key = request.headers.get("X-API-Key");
  if (!key) throw new Refusal(401, "unauthenticated", "Missing API key");
  const caller = await ctx.runQuery(internal.auth.validateApiKey, { hash: await sha256(key) });
  if (!caller) throw new Refusal(403, "invalid_credential", "Invalid API key");
  if (!caller.scopes.includes(scope)) {
    throw new Refusal(403, "insufficient_scope", `The key lacks the scope ${scope}`);
  }
  return caller;
}

const http = httpRouter();

http.route({
  path: "/api/items",
  method: "POST",
  handler: route(async (ctx, request) => {
    const { userId } = await callerWith("items:write", ctx, request);
    const input = parseItem(await jsonBody(request));
    const item = await ctx.runMutation(internal.items.create, { ownerId: userId, ...input });
    return { body: toItem(item), status: 201, headers: { Location: `/api/items/${item._id}` } };
  }),
});

http.route({
  pathPrefix: "/api/items/",
  method: "GET",
  handler: route(async (ctx, request) => {
    const { userId } = await callerWith("items:read", ctx, request);
    const itemId = decodeURIComponent(new URL(request.url).pathname.slice("/api/items/".length));
    const item = await ctx.runQuery(internal.items.get, { ownerId: userId, itemId });
    return { body: toItem(item), status: 200 };
  }),
});

http.route({
  path: "/health",
  method: "GET",
  handler: route(() => ({ body: { status: "ok" }, status: 200 })),
});

http.route({
  pathPrefix: "/",
  method: "GET",
  handler: route((_, request) => {
    throw new Refusal(404, "not_found", `No route ${new URL(request.url).pathname}`);
  }),
});

http.route({
  path: "/api/items",
  method: "OPTIONS",
  handler: httpAction(() =>
    Promise.resolve(
      new Response(null, {
        status: 204,
        headers: {
          "Access-Control-Allow-Origin": "*",
          "Access-Control-Allow-Methods": METHODS.join(","),
          "Access-Control-Allow-Headers": ALLOWED.join(","),
          "Access-Control-Max-Age": "86400",
        },
      }),
    ),
  ),
});

export default http;
