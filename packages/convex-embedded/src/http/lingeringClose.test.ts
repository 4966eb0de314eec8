import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";

const BODY = 1_000_000;

interface Received {
  /** The whole response. */
  readonly text: string;
  /** The connection's error code; "" for a clean end. */
  readonly error: string;
}

/** A client that keeps sending after the response begins, and only then reads it. */
async function sendOn(url: string, head: string, rest: Iterable<Buffer>): Promise<Received> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  let error = "";
  socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => (error ||= code));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(head);
  await once(socket, "readable");
  await sent(socket, rest);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.resume();
  await closed;
  return { text, error };
}

/** Sends piece by piece. Resolves when everything is sent or the connection fails. */
async function sent(socket: Socket, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    const failed = await new Promise<unknown>((resolve) => socket.write(piece, resolve));
    if (failed) return;
  }
}

const PIECE = Buffer.alloc(100_000);

/** Pieces that add up to `count` bytes. */
const bytes = (count: number) => Array.from({ length: count / PIECE.length }, () => PIECE);

function* onAndOn(): Generator<Buffer> {
  for (;;) yield PIECE;
}

const head = (line: string, headers = `Content-Length: ${BODY}`) =>
  `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;

test("a client that keeps sending an unread body gets the whole response", async () => {
  const { server } = await serve();
  const whole = await (await fetch(`${server.url}/large`)).text();
  for (let i = 0; i < 10; i++) {
    const { text, error } = await sendOn(server.url, head("GET /large"), bytes(BODY));
    expect(error).toBe("");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(Buffer.from(text, "latin1").subarray(-Buffer.byteLength(whole)).toString()).toBe(whole);
  }
});

test.each([
  ["an excessive length", "POST /refuse?status=413", "Content-Length: 22000000", 22_000_000],
  ["an unknown path", "POST /nowhere", `Content-Length: ${BODY}`, BODY],
])(
  "a client that sends its whole body first gets the refusal for %s",
  async (_what, line, headers, length) => {
    const { server } = await serve();
    const { text, error } = await sendOn(server.url, head(line, headers), bytes(length));
    expect(error).toBe("");
    expect(text).toMatch(
      /^HTTP\/1\.1 4\d\d .*\r\n[^]*\r\nconnection: close\r\n[^]*(?:"refused"|No matching routes found)/i,
    );
  },
);

test("the API port also delivers the whole response", async () => {
  const { server } = await serve();
  const upload = head("POST /api/storage/upload?token=none");
  const { text, error } = await sendOn(server.apiUrl, upload, bytes(BODY));
  expect([text.slice(0, 12), error]).toEqual(["HTTP/1.1 401", ""]);
});

test("requests after such a body on its connection are ignored", async () => {
  const { server } = await serve();
  const late = JSON.stringify({ owner: "ada", name: "late" });
  const next = head("POST /items", `Content-Length: ${late.length}`) + late;
  const { text } = await sendOn(server.url, head("POST /nowhere"), [...bytes(BODY), Buffer.from(next)]);
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(await server.run("items:names", { owner: "ada" })).toEqual([]);
});

test("a client that never stops sending is disconnected", async () => {
  const { server } = await serve();
  const { error } = await sendOn(server.url, head("POST /nowhere", `Content-Length: ${10 ** 12}`), onAndOn());
  expect(error).toMatch(/EPIPE|ECONNRESET/);
});
