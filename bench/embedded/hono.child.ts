/** What the product is measured against: bare Hono on `@hono/node-server`, one point read and its JSON. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import Database from "better-sqlite3";
import { Hono } from "hono";
import { answerParent } from "./children";

const ID = "0123456789abcdefghjkmnpqrstvwxyz";
const db = new Database(":memory:");
db.exec(
  "CREATE TABLE items (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL)",
);
const time = new Date(0).toISOString();
db.prepare("INSERT INTO items VALUES (?, ?, ?, ?)").run(ID, "bolt", time, time);
const read = db.prepare(
  "SELECT id, name, created AS createdAt, updated AS updatedAt FROM items WHERE id = ?",
);

const app = new Hono();
app.get("/api/items/:id", (c) => c.json(read.get(c.req.param("id"))));
const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => {
  answerParent({ port: () => (server.address() as AddressInfo).port, id: () => ID });
});
