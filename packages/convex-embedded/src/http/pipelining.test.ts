import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { whenClosed } from "../../fixtures/sockets";
import { MAX_IN_PROGRESS, Pipelines } from "./pipelining";
import { openPort } from "./port";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** A connection to a port, and the text it has received. */
function client(port: number): { readonly socket: Socket; readonly received: () => string } {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  onTestFinished(() => void socket.destroy());
  return { socket, received: () => text };
}

/** A port that answers only when the test does, and the responses that it has begun. */
async function patientPort() {
  const begun: ServerResponse[] = [];
  let wake: () => void = () => undefined;
  const port = await openPort({
    host: "127.0.0.1",
    port: 0,
    option: "--port",
    requestTimeout: 0,
    idleTimeout: 0,
    handle: (_incoming, outgoing) => {
      begun.push(outgoing);
      wake();
    },
  });
  onTestFinished(() => port.close(0));
  const haveBegun = async (count: number): Promise<void> => {
    while (begun.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { ...client(port.port), begun, haveBegun };
}

test("every response closes with its connection, including responses that wait for their turn", async () => {
  const { socket, begun, haveBegun } = await patientPort();
  socket.write(get("/").repeat(MAX_IN_PROGRESS));
  await haveBegun(MAX_IN_PROGRESS);
  // One is finished, one has begun, the rest have not.
  begun[1]?.end("finished");
  begun[2]?.write("begun");
  const closed = begun.map((outgoing) => once(outgoing, "close"));
  socket.destroy();
  await Promise.all(closed);
  expect(begun.map((outgoing) => [outgoing.closed, outgoing.destroyed])).toEqual(
    begun.map(() => [true, true]),
  );
});

test("a connection's requests begin a few at a time and are answered in order", async () => {
  const { socket, received, begun, haveBegun } = await patientPort();
  const count = 5 * MAX_IN_PROGRESS;
  for (let i = 0; i < count; i++) socket.write(get(`/${i}`));
  for (let i = 0; i < count; i++) {
    await haveBegun(Math.min(i + MAX_IN_PROGRESS, count));
    expect(begun.length).toBeLessThanOrEqual(i + MAX_IN_PROGRESS);
    begun[i]?.end(`answer ${i}.`);
  }
  while (!received().includes(`answer ${count - 1}.`)) await once(socket, "data");
  expect(received().match(/answer \d+\./g)).toEqual(Array.from({ length: count }, (_, i) => `answer ${i}.`));
});

test("a connection is not read while its requests wait", async () => {
  const { socket, begun, haveBegun } = await patientPort();
  const request = get(`/${"x".repeat(1000)}`);
  socket.write(request.repeat(10_000));
  let answered = 0;
  for (; answered < 500; answered++) {
    await haveBegun(answered + 1);
    const { req } = begun[answered] as ServerResponse;
    // Node parses everything that one read returns.
    expect(req.socket.bytesRead - answered * request.length).toBeLessThan(4 * 65_536);
    begun[answered]?.end();
  }
});

test("a body is read for a request that had to wait", async () => {
  const { server } = await serve();
  const { socket, received } = client(Number(new URL(server.url).port));
  const body = "b".repeat(200_000);
  socket.write(get("/echo/x").repeat(3 * MAX_IN_PROGRESS));
  socket.write(`POST /echo/last HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  while (!received().includes(`"text":"${body}"`)) await once(socket, "data");
  expect(received().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3 * MAX_IN_PROGRESS + 1);
});

test("requests that wait when their connection closes never begin", async () => {
  const { socket, begun, haveBegun } = await patientPort();
  socket.write(get("/").repeat(10 * MAX_IN_PROGRESS));
  await haveBegun(MAX_IN_PROGRESS);
  const last = begun.at(-1) as ServerResponse;
  const closed = once(last, "close");
  last.req.socket.destroy();
  await closed;
  expect(begun).toHaveLength(MAX_IN_PROGRESS);
});

test("a connection that makes too many requests wait is cut", async () => {
  const pipelines = new Pipelines(2 * MAX_IN_PROGRESS);
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests++;
    pipelines.add(incoming, outgoing, () => undefined);
    server.emit("added");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const modest = client(port);
  modest.socket.write(get("/").repeat(2 * MAX_IN_PROGRESS));
  while (requests < 2 * MAX_IN_PROGRESS) await once(server, "added");
  const greedy = client(port);
  greedy.socket.write(get("/").repeat(5 * MAX_IN_PROGRESS));
  await whenClosed(greedy.socket);
  expect(modest.socket.destroyed).toBe(false);
});

test("a connection does not become a WebSocket while responses are pending on it", async () => {
  const { server } = await serve();
  const { socket, received } = client(Number(new URL(server.apiUrl).port));
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  socket.write(get("/version").repeat(2) + `GET /api/sync HTTP/1.1\r\nHost: x\r\n${upgrade}${key}\r\n`);
  await whenClosed(socket);
  expect(received()).not.toContain("101 Switching Protocols");
});

/** The number of open file descriptors of this process, which runs servers and clients. */
const descriptors = () => readdirSync("/dev/fd").length;

/** Sends the same request many times on one connection and disconnects when the first response begins. */
async function askAndGo(url: string, path: string): Promise<void> {
  const { socket } = client(Number(new URL(url).port));
  socket.write(get(path).repeat(300));
  await once(socket, "data");
  socket.destroy();
  await once(socket, "close");
}

test("open assets and stored files are closed when the connection closes", async () => {
  const file = join(temporaryDirectory(), "script.js");
  writeFileSync(file, Buffer.alloc(2 ** 20));
  const asset = { path: "/script.js", file, type: "text/javascript", etag: '"1"' };
  const { server } = await serve({
    project: join(import.meta.dirname, "../../fixtures/stored"),
    assets: [asset],
  });
  const url = (await server.run("files:uploadUrl", {})) as string;
  const uploaded = await fetch(url, { method: "POST", body: Buffer.alloc(2 ** 20) });
  const { storageId } = (await uploaded.json()) as { storageId: string };
  const stored = new URL((await server.run("files:url", { id: storageId })) as string);
  const before = descriptors();
  for (let i = 0; i < 3; i++) {
    await askAndGo(server.url, "/script.js");
    await askAndGo(server.apiUrl, stored.pathname);
  }
  await server.close();
  expect(descriptors()).toBeLessThan(before);
});

test("a streamed response that waits for its turn is cancelled when its connection closes", async () => {
  const { server } = await serve();
  const { socket } = client(Number(new URL(server.url).port));
  const body = JSON.stringify({ owner: "ada", name: "bolt" });
  socket.write(`POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  socket.write(get("/stream"));
  while ((await (await fetch(`${server.url}/waiting`)).json()) !== true);
  const cancelled = fetch(`${server.url}/cancelled`);
  socket.destroy();
  expect(await (await cancelled).json()).toBe(true);
  await fetch(`${server.url}/release`, { method: "POST" });
});
