/** The API's work on the database, behind bare Hono and its Node server, without middleware and validation. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Context } from "hono";
import { Hono } from "hono";
import { answerParent } from "../lib/children";
import { ByHand } from "./handwritten";

const hand = new ByHand(process.argv[2] ?? ".");
const app = new Hono();

const callerOf = (c: Context): string | undefined => hand.callerOf(c.req.header("x-api-key") ?? "");

/** One point read and its JSON, without a key. */
app.get("/bare/items/:id", (c) => c.json(hand.item(c.req.param("id"))));

app.get("/api/items/:id", (c) => {
  const caller = callerOf(c);
  const item = caller === undefined ? undefined : hand.itemOf(caller, c.req.param("id"));
  return item ? c.json(item) : c.json(null, 404);
});

app.get("/api/items", (c) => {
  const caller = callerOf(c);
  if (caller === undefined) return c.json(null, 403);
  const limit = Number(c.req.query("limit"));
  const { items, next } = hand.list(caller, limit, c.req.query("cursor") ?? null);
  if (next !== undefined) c.header("Link", `<${c.req.path}?limit=${limit}&cursor=${next}>; rel="next"`);
  return c.json(items);
});

app.post("/api/items", async (c) => {
  const caller = callerOf(c);
  if (caller === undefined) return c.json(null, 403);
  return c.json(await hand.create(caller, await c.req.json<{ name: string }>()), 201);
});

app.patch("/api/items/:id", async (c) => {
  const caller = callerOf(c);
  if (caller === undefined) return c.json(null, 403);
  const item = await hand.change(caller, c.req.param("id"), await c.req.json<{ name: string }>());
  return item ? c.json(item) : c.json(null, 404);
});

app.post("/webhooks/:source", async (c) => {
  const known = await hand.receive(c.req.param("source"), (name) => c.req.header(name), await c.req.text());
  return c.json(known, known ? 200 : 400);
});

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => {
  answerParent({ place: () => ({ port: (server.address() as AddressInfo).port, key: hand.issueKey() }) });
});
