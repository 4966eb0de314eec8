/** Reference 2: the same routes on bare Hono with `hono/cors` and ordinary middleware. */
import { type HonoWithConvex, HttpRouterWithHono } from "convex-helpers/server/hono";
import type { GenericActionCtx, GenericDataModel } from "convex/server";
import { type Context, Hono, type Next } from "hono";
import { cors } from "hono/cors";
import { type Caller, internal } from "../functions";
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
type Variables = { requestId: string; caller: Caller };
type App = { Bindings: { [Name in keyof Ctx]: Ctx[Name] }; Variables: Variables };

const app: HonoWithConvex<Ctx, Variables> = new Hono();

app.use(async (c, next) => {
  const requestId = requestIdOf(c.req.header("X-Request-Id"));
  c.set("requestId", requestId);
  c.header("X-Request-Id", requestId);
  await next();
});

app.use(
  cors({ origin: "*", allowMethods: METHODS, allowHeaders: ALLOWED, exposeHeaders: EXPOSED, maxAge: 86400 }),
);

const authenticate = (scope: string) => async (c: Context<App>, next: Next) => {
  const key = c.req.header("X-API-Key");
  if (!key) throw new Refusal(401, "unauthenticated", "Missing API key");
  const caller = await c.env.runQuery(internal.auth.validateApiKey, { hash: await sha256(key) });
  if (!caller) throw new Refusal(403, "invalid_credential", "Invalid API key");
  if (!caller.scopes.includes(scope)) {
    throw new Refusal(403, "insufficient_scope", `The key lacks the scope ${scope}`);
  }
  c.set("caller", caller);
  await next();
};

app.post("/api/items", authenticate("items:write"), async (c) => {
  const input = parseItem(await jsonBody(c.req.raw));
  const item = await c.env.runMutation(internal.items.create, { ownerId: c.var.caller.userId, ...input });
  return c.json(toItem(item), 201, { Location: `/api/items/${item._id}` });
});

app.get("/api/items/:itemId", authenticate("items:read"), async (c) => {
  const itemId = c.req.param("itemId") ?? "";
  const item = await c.env.runQuery(internal.items.get, { ownerId: c.var.caller.userId, itemId });
  return c.json(toItem(item), 200);
});

app.get("/health", (c) => c.json({ status: "ok" }));

app.notFound((c) => {
  throw new Refusal(404, "not_found", `No route ${c.req.path}`);
});

app.onError((error, c) => {
  const refusal =
    error instanceof Refusal
      ? error
      : ({ status: 500, code: "internal", message: "Internal server error" } as const);
  return c.json(problem(refusal.status, refusal.code, refusal.message, c.var.requestId), refusal.status, {
    "Content-Type": "application/problem+json",
  });
});

export default new HttpRouterWithHono(app);
