import { execFile } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { TOOLS } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";

type Message = Readonly<Record<string, unknown>>;

async function connect(path = "/api/1.48.0/sync") {
  const { server, logged } = await serve({ project: TOOLS });
  const socket = new WebSocket(`${server.apiUrl.replace("http", "ws")}${path}`);
  onTestFinished(() => socket.terminate());
  const received: Message[] = [];
  socket.on("message", (data: Buffer) => received.push(JSON.parse(data.toString()) as Message));
  await once(socket, "open");
  const next = async (): Promise<Message> => {
    while (received.length === 0) await once(socket, "message");
    return received.shift() as Message;
  };
  const send = (message: Message | string) =>
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { server, logged, socket, next, send };
}

const add = (udfPath: string, args: Message = {}, more: Message = {}) => ({
  type: "ModifyQuerySet",
  baseVersion: 0,
  newVersion: 1,
  modifications: [{ type: "Add", queryId: 0, udfPath, args: [args], ...more }],
});

test("a query of the tools is answered once, in versions that follow each other", async () => {
  const { server, next, send } = await connect();
  send({ type: "Connect", sessionId: "x", connectionCount: 0, lastCloseReason: null, clientTs: 0 });
  send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value: server.adminKey });
  send(add("_system/cli/tables:default", { paginationOpts: { cursor: null, numItems: 10 } }));
  const authenticated = await next();
  const answered = await next();
  expect(authenticated).toMatchObject({
    type: "Transition",
    startVersion: { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" },
    endVersion: { querySet: 0, identity: 1 },
    modifications: [],
  });
  expect(answered["startVersion"]).toEqual(authenticated["endVersion"]);
  expect(answered).toMatchObject({
    endVersion: { querySet: 1, identity: 1 },
    modifications: [
      {
        type: "QueryUpdated",
        queryId: 0,
        value: { page: [{ name: "empty" }, { name: "messages" }], isDone: true },
      },
    ],
  });
  send({
    type: "ModifyQuerySet",
    baseVersion: 1,
    newVersion: 2,
    modifications: [{ type: "Remove", queryId: 0 }],
  });
  expect((await next())["modifications"]).toEqual([{ type: "QueryRemoved", queryId: 0 }]);
});

test("without the admin key nothing is told", async () => {
  for (const value of [undefined, "wrong", ""]) {
    const { next, send } = await connect();
    if (value !== undefined) {
      send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value });
      await next();
    }
    send(add("_system/cli/queryEnvironmentVariables:default"));
    const [answer] = (await next())["modifications"] as Message[];
    expect(answer).toMatchObject({ type: "QueryFailed", queryId: 0 });
    expect(answer?.["errorMessage"]).toMatch(/^You do not have permission to perform this operation\. /);
  }
});

test("what a query of the tools cannot be asked is said", async () => {
  const { server, next, send } = await connect();
  send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value: server.adminKey });
  await next();
  for (const [message, words] of [
    [add("_system/frontend/unknown:default"), "does not answer _system/frontend/unknown"],
    [add("_system/cli/tableData:default", { table: 1 }), "tableData takes"],
    [add("_system/cli/tables", {}, { componentPath: "nowhere" }), 'There is no component "nowhere"'],
    [add("messages:list", { author: "ada" }), "serves no live queries"],
  ] as const) {
    send(message);
    const [answer] = (await next())["modifications"] as Message[];
    expect(answer?.["errorMessage"]).toContain(words);
  }
});

/** Subscribes as an app does, without the admin key. The client throws what it is told where nobody can catch it. */
const SUBSCRIBER = `
  import { ConvexClient } from "convex/browser";
  import { anyApi } from "convex/server";
  import WebSocket from "ws";
  const client = new ConvexClient(process.argv[1], { webSocketConstructor: WebSocket });
  client.onUpdate(anyApi.messages.list, { author: "ada" }, () => undefined);
`;

test("a client that wants to subscribe is told that nothing is live", async () => {
  const { server } = await serve({ project: TOOLS });
  const args = ["--input-type=module", "-e", SUBSCRIBER, server.apiUrl];
  const said = await new Promise((resolve) => {
    execFile(process.execPath, args, (error, _stdout, stderr) => resolve([error?.code, stderr]));
  });
  const words = "[CONVEX FATAL ERROR] The embedded runtime serves no live queries";
  expect(said).toEqual([1, expect.stringContaining(words)]);
});

test("what is no message ends the connection, and the server goes on", async () => {
  for (const text of [
    "{",
    "null",
    '{"type": "ModifyQuerySet"}',
    '{"type": "Mutation"}',
    " ".repeat(2 ** 21),
  ]) {
    const { server, socket, send, logged } = await connect();
    send(text);
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBeOneOf([1008, 1009]);
    expect((await fetch(`${server.apiUrl}/version`)).status).toBe(200);
    expect(logged).toEqual([]);
  }
});

test("an open connection does not hold a server that is to stop", async () => {
  const { server, socket } = await connect("/api/sync");
  const closed = once(socket, "close");
  await server.close();
  expect((await closed)[0]).toBe(1006);
});

test("other paths and other requests are no WebSockets", async () => {
  const { server } = await serve({ project: TOOLS });
  const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const get = (path: string, headers: string) =>
    raw(server.apiUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  expect(await get("/api/nothing", handshake + key)).toContain("HTTP/1.1 404 Not Found");
  expect(await get("/api/1.48.0/sync", handshake)).toContain("HTTP/1.1 400 Bad Request");
  expect((await fetch(`${server.apiUrl}/api/1.48.0/sync`)).status).toBe(426);
});
