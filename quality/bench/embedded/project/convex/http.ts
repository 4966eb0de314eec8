import type { FunctionReference } from "convex/server";
import { httpActionGeneric, httpRouter, makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";

type Internal<Kind extends "query" | "mutation", Args extends Record<string, Value>> = FunctionReference<
  Kind,
  "internal",
  Args,
  Value
>;

const get = makeFunctionReference("items:get") as unknown as Internal<"query", { id: string }>;
const add = makeFunctionReference("items:add") as unknown as Internal<
  "mutation",
  { owner: string; name: string }
>;

const http = httpRouter();

http.route({
  pathPrefix: "/items/",
  method: "GET",
  handler: httpActionGeneric(async (ctx, request) => {
    const id = request.url.slice(request.url.lastIndexOf("/") + 1);
    return Response.json(await ctx.runQuery(get, { id }));
  }),
});

http.route({
  path: "/items",
  method: "POST",
  handler: httpActionGeneric(async (ctx, request) => {
    const { owner, name } = (await request.json()) as { owner: string; name: string };
    return Response.json({ id: await ctx.runMutation(add, { owner, name }) }, { status: 201 });
  }),
});

export default http;
