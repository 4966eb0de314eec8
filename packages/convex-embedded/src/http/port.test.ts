import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { whenClosed } from "../../fixtures/sockets";
import { openPort } from "./port";

/** Larger than the socket buffers of both ends. */
const LARGE = Buffer.alloc(32 * 1024 * 1024);

/** A port with a short idle timeout, and functions that send requests to it. */
async function impatientPort() {
  const asked: ServerResponse[] = [];
  let wake: () => void = () => undefined;
  const port = await openPort({
    host: "127.0.0.1",
    port: 0,
    option: "--port",
    requestTimeout: 0,
    idleTimeout: 100,
    handle: (_incoming, outgoing) => {
      asked.push(outgoing);
      wake();
    },
  });
  onTestFinished(() => port.close(0));
  const ask = async (text: string): Promise<{ socket: Socket; outgoing: ServerResponse }> => {
    const come = new Promise<void>((resolve) => (wake = resolve));
    const socket = connect(port.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(text);
    await come;
    return { socket, outgoing: asked.at(-1) as ServerResponse };
  };
  const next = async (): Promise<ServerResponse> => {
    await new Promise<void>((resolve) => (wake = resolve));
    return asked.at(-1) as ServerResponse;
  };
  return Object.assign(ask, { port, next });
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test("a client that does not read its response is disconnected; a client that waits for one is not", async () => {
  const ask = await impatientPort();
  const patient = await ask(get("/work"));
  let answer = "";
  patient.socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  // When this client is disconnected, the other has been idle for longer.
  const stalled = await ask(get("/large"));
  stalled.socket.pause();
  const cut = once(stalled.outgoing, "close");
  stalled.outgoing.end(LARGE);
  await cut;
  let taken = 0;
  stalled.socket.on("data", (chunk: Buffer) => (taken += chunk.length));
  const closed = new Promise((resolve) => stalled.socket.once("close", resolve));
  stalled.socket.resume();
  await closed;
  expect(taken).toBeLessThan(LARGE.length);
  patient.outgoing.writeHead(200, { connection: "close" }).end("done");
  await once(patient.socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*done/);
});

test("a client that stops in the middle of a body is disconnected", async () => {
  const ask = await impatientPort();
  const { socket } = await ask("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  socket.resume();
  await whenClosed(socket);
});

test("a keep-alive connection outlives the keep-alive time of proxies", async () => {
  const ask = await impatientPort();
  const { socket, outgoing } = await ask(get("/"));
  outgoing.end();
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(Number(/^keep-alive: timeout=(\d+)/im.exec(answer.toString("latin1"))?.[1])).toBeGreaterThan(120);
  socket.destroy();
});

test("a request that is arriving when the port closes is answered, and then its connection closes", async () => {
  const ask = await impatientPort();
  const { socket, outgoing } = await ask(get("/first"));
  outgoing.end();
  await once(socket, "data");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.write(get("/second"));
  const ended = once(socket, "close");
  const closed = ask.port.close(60_000);
  const second = await ask.next();
  second.end("done");
  await Promise.all([closed, ended]);
  expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*done/i);
});
