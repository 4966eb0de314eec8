import { once } from "node:events";
import { connect as connectTo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { TOOLS } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";
import { raw, whenClosed } from "../../fixtures/sockets";

type Message = Readonly<Record<string, unknown>>;

const hello = { type: "Connect", sessionId: "x", connectionCount: 0, lastCloseReason: null, clientTs: 0 };

/** @param first whether to send `Connect`. */
async function connect(path = "/api/1.48.0/sync", first = true) {
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
  if (first) send(hello);
  return { server, logged, socket, next, send };
}

const add = (udfPath: string, args: Message = {}, more: Message = {}, version = 0) => ({
  type: "ModifyQuerySet",
  baseVersion: version,
  newVersion: version + 1,
  modifications: [{ type: "Add", queryId: version, udfPath, args: [args], ...more }],
});

test("a query of the tools is answered, with consecutive versions", async () => {
  const { server, next, send } = await connect();
  send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value: server.adminKey });
  const authenticated = await next();
  send(add("_system/cli/tables:default", { paginationOpts: { cursor: null, numItems: 10 } }));
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

test("queries of the tools are refused without the admin key", async () => {
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

test("an invalid query of the tools gets an error", async () => {
  const { server, next, send } = await connect();
  send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value: server.adminKey });
  await next();
  for (const [message, words] of [
    [add("_system/frontend/unknown:default", {}, {}, 0), "does not support _system/frontend/unknown"],
    [add("_system/cli/tableData:default", { table: 1 }, {}, 1), "tableData needs"],
    [add("_system/cli/tables", {}, { componentPath: "nowhere" }, 2), 'Component "nowhere" not found'],
    [add("messages:nothing", {}, {}, 3), "Could not find public function for 'messages:nothing'"],
    [add("messages:send", {}, {}, 4), "is defined as Mutation"],
  ] as const) {
    send(message);
    const [answer] = (await next())["modifications"] as Message[];
    expect(answer?.["errorMessage"]).toContain(words);
  }
});

test.each([
  ["{", "Invalid JSON"],
  ["null", "Invalid JSON"],
  ['{"type": "Unknown"}', "Invalid JSON"],
  ['{"type": "ModifyQuerySet"}', "Invalid JSON"],
  ['{"type": "Mutation", "requestId": -1, "udfPath": "x", "args": []}', "requestId"],
  [JSON.stringify(hello), "only once"],
  [JSON.stringify({ ...add("x"), baseVersion: 3 }), "base version 3, but the current version is 0"],
  [JSON.stringify({ type: "Authenticate", tokenType: "None", baseVersion: 1 }), "base version 1"],
  [JSON.stringify({ ...add("x"), modifications: [{ type: "Remove", queryId: 7 }] }), "Query 7 is not in"],
])("the message %s ends its connection with a reason, and no other", async (text, reason) => {
  const { server, socket, send, next, logged } = await connect();
  const other = new WebSocket(`${server.apiUrl.replace("http", "ws")}/api/sync`);
  onTestFinished(() => other.terminate());
  await once(other, "open");
  const closed = once(socket, "close");
  send(text);
  expect(await next()).toMatchObject({
    type: "FatalError",
    error: expect.stringContaining(reason) as string,
  });
  expect((await closed)[0]).toBe(1008);
  other.send(JSON.stringify(hello));
  other.send(JSON.stringify(add("messages:list", { author: "ada" })));
  const [answer] = (await once(other, "message")) as [Buffer];
  expect(JSON.parse(answer.toString())).toMatchObject({ type: "Transition" });
  expect(logged).toEqual([]);
});

test("the first message must be Connect", async () => {
  const { next, send } = await connect("/api/sync", false);
  send(add("messages:list", { author: "ada" }));
  expect(await next()).toEqual({ type: "FatalError", error: "The first message must be `Connect`." });
});

test("a message of more than 1 MiB closes the connection", async () => {
  const { socket, send } = await connect();
  send(" ".repeat(2 ** 21));
  expect((await once(socket, "close"))[0]).toBe(1009);
});

test("a message with too many queries is refused before any query runs", async () => {
  const { socket, next, send, logged } = await connect();
  const query = add("messages:nothing").modifications[0];
  const modifications = Array.from({ length: 4097 }, (_, queryId) => ({ ...query, queryId }));
  send({ ...add(""), modifications });
  expect(await next()).toEqual({
    type: "FatalError",
    error: "A client may subscribe to at most 4096 queries.",
  });
  expect((await once(socket, "close"))[0]).toBe(1008);
  expect(logged).toEqual([]);
});

/** Client frames, masked with zeros, so that the test can repeat the same bytes. */
function frames(opcode: number, text: string, count: number): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  const head = Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]);
  return Buffer.concat(Array.from({ length: count }, () => [head, payload]).flat());
}

const PING = 9;
const TEXT = 1;

test.each([
  ["pings", PING, "p".repeat(125)],
  ["questions", TEXT, JSON.stringify(add("_system/cli/tables:default", { more: "x".repeat(200) }))],
])("a client that sends %s and reads nothing is disconnected", async (_what, opcode, text) => {
  const { server } = await serve({ project: TOOLS });
  const client = connectTo(Number(new URL(server.apiUrl).port), "127.0.0.1");
  onTestFinished(() => void client.destroy());
  client.on("error", () => undefined);
  const headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  client.write(`GET /api/sync HTTP/1.1\r\nHost: x\r\n${headers}${key}\r\n`);
  const cut = whenClosed(client);
  const some = frames(opcode, text, 100);
  for (let i = 0; i < 5000 && !client.closed; i++)
    await Promise.race([cut, new Promise((resolve) => client.write(some, resolve))]);
  expect(client.closed).toBe(true);
  expect((await fetch(`${server.apiUrl}/version`)).status).toBe(200);
});

test("a client that reads its responses may send any number of queries", async () => {
  const { server, next, send } = await connect();
  send({ type: "Authenticate", tokenType: "Admin", baseVersion: 0, value: server.adminKey });
  await next();
  for (let i = 0; i < 100; i++) send(add("_system/cli/tables:default", {}, {}, i));
  let querySet = 0;
  while (querySet < 100) querySet = ((await next())["endVersion"] as { querySet: number }).querySet;
  expect(querySet).toBe(100);
});

test("pings are answered", async () => {
  const { socket } = await connect();
  socket.ping("beat");
  expect(String(((await once(socket, "pong")) as [Buffer])[0])).toBe("beat");
});

test("pages of other origins cannot open a WebSocket", async () => {
  const { server } = await serve({ project: TOOLS });
  const open = async (origin: string): Promise<number> => {
    const url = `${server.apiUrl.replace("http", "ws")}/api/1.48.0/sync`;
    const socket = new WebSocket(url, { origin });
    onTestFinished(() => socket.terminate());
    return new Promise((resolve) => {
      socket.on("open", () => resolve(101));
      socket.on("error", () => undefined);
      socket.on("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
    });
  };
  expect(await open("http://localhost:5173")).toBe(101);
  expect(await open("https://evil.example")).toBe(403);
  expect(await open("null")).toBe(403);
});

test("an open connection does not delay the stop of the server", async () => {
  const { server, socket } = await connect("/api/sync");
  const closed = once(socket, "close");
  await server.close();
  expect((await closed)[0]).toBe(1001);
});

test("other paths and plain requests do not open a WebSocket", async () => {
  const { server } = await serve({ project: TOOLS });
  const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const get = (path: string, headers: string) =>
    raw(server.apiUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  expect(await get("/api/nothing", handshake + key)).toContain("HTTP/1.1 404 Not Found");
  expect(await get("/api/1.48.0/sync", handshake)).toContain("HTTP/1.1 400 Bad Request");
  expect(await get("http://elsewhere.example/api/sync", handshake)).toContain("HTTP/1.1 400 Bad Request");
  expect(await get("http://", handshake + key)).toContain("HTTP/1.1 404 Not Found");
  expect((await fetch(`${server.apiUrl}/api/1.48.0/sync`)).status).toBe(426);
});
