/** Receivers that reply slowly, without an end, or not at all. The time limit passes on a fake clock. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Starts a server that calls `reply` once a request begins. `closed` resolves when the sender has closed the connection. */
async function receiver(reply: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let [began, ended] = [() => {}, () => {}];
  const requested = new Promise<void>((done) => (began = done));
  const closed = new Promise<void>((done) => (ended = done));
  const server = createServer((socket) => {
    sockets.add(socket);
    // The sender resets the connection if it has not read everything.
    socket.on("error", () => undefined).on("close", ended);
    socket.once("data", () => {
      reply(socket);
      began();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requested, closed };
}

/** Sends a `ping`. @returns functions that end the time limit, and that read the delivery with its queue. */
async function ping(url: string) {
  const t = convexTest(schema, modules);
  const { result: owner } = await t.mutation(internal.users.register, {
    name: "ada",
    email: "ada@example.com",
  });
  const caller = { userId: owner._id, scopes: ["*" as const], credential: "user:ada" };
  const { result: endpoint } = await t.mutation(internal.outgoing.endpoints.create, {
    ...{ caller, url, events: ["*"], sealed: "clear:whsec_AAAA" },
  });
  await t.mutation(internal.outgoing.endpoints.test, { ownerId: owner._id, id: endpoint._id });
  let replied = (): void => undefined;
  const reply = new Promise<void>((done) => (replied = done));
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...args: Parameters<typeof fetch>) => {
    const response = await fetch(...args);
    replied();
    return response;
  });
  vi.advanceTimersByTime(0);
  return {
    /** Resolves when the headers of the reply have arrived. */
    reply,
    passLimit: () => vi.advanceTimersByTime(15_000),
    result: async () => {
      await t.finishInProgressScheduledFunctions();
      const delivery = await t.run((ctx) => ctx.db.query("webhookDeliveries").unique());
      const sender = await t.run((ctx) => ctx.db.query("webhookSenders").unique());
      return { ...delivery, slow: sender?.slow };
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

test.each<[string, (socket: Socket) => void]>([
  ["sends nothing", () => undefined],
  ["does not end its headers", (socket) => void socket.write("HTTP/1.1 200 OK\r\nX-One: 1\r\nX-")],
  ["sends informational replies only", (socket) => void socket.write("HTTP/1.1 103 Early Hints\r\n\r\n")],
])("a receiver that %s fails after 15 seconds, and its connection is closed", async (_, reply) => {
  const { port, requested, closed } = await receiver(reply);
  const { passLimit, result } = await ping(`http://127.0.0.1:${port}/`);
  await requested;
  passLimit();
  expect(await result()).toMatchObject({
    status: "pending",
    attempts: [{ error: "No reply within 15 s", durationMs: 15_000 }],
    slow: true,
  });
  await closed;
});

test("a receiver that drips its body has succeeded with its status, but counts as slow", async () => {
  const { port, closed } = await receiver((socket) => socket.write(`${HEAD}2\r\nok\r\n`));
  const { reply, passLimit, result } = await ping(`http://127.0.0.1:${port}/`);
  await reply;
  passLimit();
  expect(await result()).toMatchObject({
    status: "succeeded",
    attempts: [{ status: 200, durationMs: 15_000 }],
    slow: true,
  });
  await closed;
});

test("of an endless body only the beginning is read, and the connection is closed", async () => {
  const { port, closed } = await receiver((socket) => {
    const part = `400\r\n${"x".repeat(1024)}\r\n`;
    const more = (): void => {
      while (!socket.destroyed && socket.write(part));
    };
    socket.write(HEAD);
    socket.on("drain", more);
    more();
  });
  const { result } = await ping(`http://127.0.0.1:${port}/`);
  // No time passes.
  expect(await result()).toMatchObject({
    status: "succeeded",
    attempts: [{ status: 200, durationMs: 0 }],
    lastReply: "x".repeat(1024),
    slow: false,
  });
  await closed;
});
