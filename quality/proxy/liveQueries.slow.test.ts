/** Convex's clients behind a real nginx with deploy/nginx: live queries over a WebSocket. */
import { resolve } from "node:path";
import { ConvexClient } from "convex/browser";
import { expect, onTestFinished, test } from "vitest";
import { chat, LIVE, Received, subscribe } from "../../packages/convex-embedded/fixtures/live";
import { WebSocket } from "../../packages/convex-embedded/fixtures/webSocket";
import { freePort } from "../lib/freePort";
import { startServer, temporaryDirectory } from "../lib/testServer";
import { startNginx } from "./nginx";

const COMMAND = [process.execPath, "--", resolve("node_modules/.bin/convex-embedded"), "start"];
const HOST = "convex.example.com";
const channel = "general";

/** A WebSocket to the host of Convex's clients, which has no address in the test. It counts the server's pings. */
class SocketThroughNginx extends WebSocket {
  static pings = new Received<number>();

  constructor(url: string) {
    super(url, { headers: { Host: HOST } });
    this.on("message", (data: Buffer) => {
      if (data.toString() === '{"type":"Ping"}') SocketThroughNginx.pings.next(1);
    });
  }
}

async function live(changed?: (site: string) => string, prefix = "") {
  const data = temporaryDirectory();
  const server = await startServer({
    cwd: LIVE,
    command: COMMAND,
    settings: {},
    data,
    apiPort: await freePort(),
  });
  SocketThroughNginx.pings = new Received();
  const port = await startNginx(server, changed);
  const client = new ConvexClient(`http://127.0.0.1:${port}${prefix}`, {
    webSocketConstructor: SocketThroughNginx as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  onTestFinished(() => client.close());
  return { server, client, list: subscribe<string[]>(client, chat.list, { channel }) };
}

test("queries are live, and a mutation that is sent while the server is down arrives once", async () => {
  const { server, client, list } = await live();
  await client.mutation(chat.send, { channel, text: "one" });
  expect(list.last).toEqual(["one"]);
  await server.kill();
  const queued = client.mutation(chat.send, { channel, text: "two" });
  const restarted = await server.restart();
  onTestFinished(async () => {
    await restarted.kill();
  });
  await queued;
  expect(list.last).toEqual(["one", "two"]);
});

test("clients may use a path prefix that nginx removes", async () => {
  const withPrefix = (site: string): string =>
    site.replace(
      /location \/ \{\s+proxy_pass http:\/\/storage;/,
      "location /convex/ { proxy_pass http://storage/;",
    );
  const { client, list } = await live(withPrefix, "/convex");
  await client.mutation(chat.send, { channel, text: "one" });
  expect(list.last).toEqual(["one"]);
});

test("an idle client stays connected although nginx closes silent connections", async () => {
  const { client, list } = await live((site) => site.replaceAll(" 1h;", " 10s;"));
  await list.until(() => list.last !== undefined);
  const { pings } = SocketThroughNginx;
  await pings.until(() => pings.values.length === 3);
  expect(client.connectionState().connectionCount).toBe(1);
  await client.mutation(chat.send, { channel, text: "one" });
  expect(list.last).toEqual(["one"]);
});
