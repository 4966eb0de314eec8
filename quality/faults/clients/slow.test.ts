/** Slow clients. The server closes them, uses little memory for them, and answers other clients meanwhile. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import type { Call } from "../client";
import { caller } from "../client";
import { closed, connected, head } from "./sockets";
import { temporaryDirectory } from "../../lib/testServer";
import { descriptorCount, residentBytes, SPARE_DESCRIPTORS } from "../../lib/usage";
import { startServer } from "../server";

const MIB = 1024 * 1024;
const CLIENTS = 50;

/** Sends one byte at a time until the server ends the connection. @returns the server's answer. */
async function trickle(socket: Socket, text: string): Promise<string> {
  const answer = closed(socket);
  socket.once("end", () => socket.destroy());
  let at = 0;
  const sending = setInterval(() => socket.write(text[at++ % text.length] ?? ""), 500);
  try {
    return await answer;
  } finally {
    clearInterval(sending);
  }
}

/** Sends other requests until `done` settles. @returns how many rounds were served. */
async function serveOthers(call: Call, done: Promise<unknown>): Promise<number> {
  let served = 0;
  const over = new AbortController();
  void done.finally(() => over.abort());
  while (!over.signal.aborted) {
    expect((await call("POST", "/api/items", { name: "beside" })).status).toBe(201);
    expect((await call("GET", "/api/items?limit=10")).status).toBe(200);
    served++;
  }
  return served;
}

const started = async (settings: Record<string, string> = {}) => {
  const server = await startServer({ data: join(temporaryDirectory(), "data"), settings });
  const call = caller(server.url, server.key);
  expect((await call("POST", "/api/items", { name: "first" })).status).toBe(201);
  return { server, call, descriptors: descriptorCount(server.pid) };
};

test("requests that arrive byte by byte time out, and other clients are served", async () => {
  const { server, call, descriptors } = await started({ REQUEST_TIMEOUT_MS: "3000" });
  const clients = (text: (client: number) => [begin: string, rest: string]) =>
    Array.from({ length: CLIENTS }, async (_, client) => {
      const socket = await connected(server.url);
      const [begin, rest] = text(client);
      socket.write(begin);
      return trickle(socket, rest);
    });
  const headers = clients((client) => ["GET /health HTTP/1.1\r\n", `X-Header-${client}: slow\r\n`]);
  const bodies = clients(() => [head("POST /api/items", server.key, 1_000), `{"name":"${"x".repeat(200)}"`]);
  const uploads = clients(() => [head("POST /api/upload", server.key, 1_000_000), "x"]);
  const all = Promise.all([...headers, ...bodies, ...uploads]);
  const served = await serveOthers(call, all);
  const statuses = (await all).map((answer) => answer.slice(9, 12));
  expect(new Set(statuses.slice(0, CLIENTS))).toEqual(new Set(["408"]));
  expect(new Set(statuses.slice(CLIENTS))).toEqual(new Set(["503"]));
  await expect.poll(() => descriptorCount(server.pid)).toBeLessThanOrEqual(descriptors + SPARE_DESCRIPTORS);
  console.log(
    `${3 * CLIENTS} trickling clients were closed; ${served} rounds of other requests were served meanwhile`,
  );
});

test("stalled readers cost bounded memory, and their connections are closed", async () => {
  const { server, call, descriptors } = await started();
  const { uploadUrl } = (await call("POST", "/api/upload-url")).json as { uploadUrl: string };
  const stored = await fetch(uploadUrl, { method: "POST", body: randomBytes(16 * MIB) });
  const { storageId } = (await stored.json()) as { storageId: string };
  expect((await call("POST", "/api/files", { storageId })).status).toBe(201);
  const location = new URL((await call("GET", `/files/${storageId}`)).headers.get("location") ?? "");
  const description = "x".repeat(4_000);
  for (let i = 0; i < 100; i++) await call("POST", "/api/items", { name: "long", description });
  const before = residentBytes(server.pid);

  const stall = async (url: string, line: string) => {
    const socket = await connected(url);
    socket.pause();
    socket.write(head(line, server.key));
    await once(socket, "readable");
    return socket;
  };
  const stalled = await Promise.all(
    Array.from({ length: CLIENTS }, (_, i) =>
      i % 2 === 0
        ? stall(location.origin, `GET ${location.pathname}`)
        : stall(server.url, "GET /api/items?limit=100"),
    ),
  );
  for (let i = 0; i < 20; i++) expect((await call("GET", "/api/items?limit=100")).status).toBe(200);
  const grown = residentBytes(server.pid) - before;
  console.log(`${CLIENTS} stalled readers: ${Math.round(grown / MIB)} MiB more`);
  expect(grown).toBeLessThan(150 * MIB);
  // The short form does not wait for the write timeout of two minutes. A test of the server uses a shorter timeout instead.
  if (!inject("scale").long) for (const socket of stalled) socket.resetAndDestroy();
  // Node needs up to twice the timeout, because it counts a partly sent write as progress.
  await expect
    .poll(() => descriptorCount(server.pid), { timeout: 280_000 })
    .toBeLessThanOrEqual(descriptors + SPARE_DESCRIPTORS);
}, 400_000);
