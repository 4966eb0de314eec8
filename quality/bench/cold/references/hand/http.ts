/** Reference 1: `POST /api/items` written by hand on `httpRouter`, as Convex's own examples write an HTTP action. */
import { httpRouter } from "convex/server";
import { httpAction, internal } from "../functions";
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

const http = httpRouter();

http.route({
  path: "/api/items",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const requestId = requestIdOf(request.headers.get("X-Request-Id"));
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Expose-Headers": EXPOSED.join(","),
      "X-Request-Id": requestId,
    };
    try {
      const key = request.headers.get("X-API-Key");
      if (!key) throw new Refusal(401, "unauthenticated", "Missing API key");
      const caller = await ctx.runQuery(internal.auth.validateApiKey, { hash: await sha256(key) });
      if (!caller) throw new Refusal(403, "invalid_credential", "Invalid API key");
      if (!caller.scopes.includes("items:write")) {
        throw new Refusal(403, "insufficient_scope", "The key lacks the scope items:write");
      }
      const input = parseItem(await jsonBody(request));
      const item = await ctx.runMutation(internal.items.create, { ownerId: caller.userId, ...input });
      return Response.json(toItem(item), {
        status: 201,
        headers: { ...headers, Location: `/api/items/${item._id}` },
      });
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
