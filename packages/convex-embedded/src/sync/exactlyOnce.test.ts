/** Mutations that a client sends again after it has lost its connection. */
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { LIVE } from "../../fixtures/live";
import { serve, temporaryDirectory } from "../../fixtures/serve";

type Message = Readonly<Record<string, unknown>>;

const send = (requestId: number, udfPath = "chat:send", text = "one"): Message => ({
  type: "Mutation",
  requestId,
  udfPath,
  args: [{ channel: "a", text }],
});

/** Sends messages on a new connection of a session. @returns the responses and the last transition's timestamp. */
async function exchange(apiUrl: string, sessionId: string, messages: readonly Message[], more: Message = {}) {
  const socket = new WebSocket(`${apiUrl.replace("http", "ws")}/api/1.48.0/sync`);
  onTestFinished(() => socket.terminate());
  const received: Message[] = [];
  socket.on("message", (data: Buffer) => received.push(JSON.parse(data.toString()) as Message));
  await once(socket, "open");
  const connect = {
    type: "Connect",
    sessionId,
    connectionCount: 0,
    lastCloseReason: null,
    clientTs: 0,
    ...more,
  };
  for (const message of [connect, ...messages]) socket.send(JSON.stringify(message));
  const responses: Message[] = [];
  let reached = 0n;
  let wanted = 0n;
  while (responses.length < messages.length || reached < wanted) {
    const message = received.shift();
    if (message === undefined) {
      await once(socket, "message");
      continue;
    }
    if (message["type"] === "MutationResponse") {
      responses.push(message);
      if (typeof message["ts"] === "string") wanted = decode(message["ts"]);
    }
    if (message["type"] === "Transition") reached = decode((message["endVersion"] as { ts: string }).ts);
  }
  socket.terminate();
  return { responses, ts: reached };
}

const decode = (ts: string): bigint => Buffer.from(ts, "base64").readBigUInt64LE();
const encode = (ts: bigint): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
};

const listed = { channel: "a" };

test("a mutation that is sent again returns the recorded result, also after a restart", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project: LIVE, data });
  const first = await exchange(server.apiUrl, "session", [send(0), send(1, "chat:send", "two")]);
  const again = await exchange(server.apiUrl, "session", [send(0), send(1, "chat:send", "two")]);
  expect(again.responses.map(({ result, logLines }) => ({ result, logLines }))).toEqual(
    first.responses.map(({ result, logLines }) => ({ result, logLines })),
  );
  expect(again.responses[0]?.["logLines"]).toEqual(["[LOG] sent one"]);
  await server.close(0);
  const restarted = await serve({ project: LIVE, data });
  const last = await exchange(restarted.server.apiUrl, "session", [send(1, "chat:send", "two")]);
  expect(last.responses[0]?.["result"]).toBe(first.responses[1]?.["result"]);
  expect(await restarted.server.run("chat:list", listed)).toEqual(["one", "two"]);
});

test("the same request on two connections at the same time runs once", async () => {
  const { server } = await serve({ project: LIVE });
  const both = await Promise.all([1, 2, 3, 4].map(() => exchange(server.apiUrl, "session", [send(0)])));
  expect(new Set(both.map(({ responses }) => responses[0]?.["result"])).size).toBe(1);
  expect(await server.run("chat:list", listed)).toEqual(["one"]);
});

test("other sessions, other requests and failed mutations run", async () => {
  const { server } = await serve({ project: LIVE });
  await exchange(server.apiUrl, "ada", [send(0), send(1)]);
  await exchange(server.apiUrl, "bob", [send(0)]);
  const failed = await exchange(server.apiUrl, "bob", [send(1, "chat:refuse"), send(1)]);
  expect(failed.responses.map(({ success }) => success)).toEqual([false, true]);
  expect(await server.run("chat:list", listed)).toHaveLength(4);
});

test("a session's result is not given to another user", async () => {
  const { server } = await serve({ project: LIVE });
  const as = (impersonating: Message | undefined, base: number): Message => ({
    type: "Authenticate",
    tokenType: "Admin",
    value: server.adminKey,
    baseVersion: base,
    impersonating,
  });
  const identity = { issuer: "https://issuer.test", subject: "ada" };
  const socket = new WebSocket(`${server.apiUrl.replace("http", "ws")}/api/1.48.0/sync`);
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  const responses: Message[] = [];
  socket.send(JSON.stringify({ type: "Connect", sessionId: "s", connectionCount: 0, clientTs: 0 }));
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message;
    if (message["type"] === "MutationResponse") responses.push(message);
  });
  for (const message of [as(identity, 0), send(0), as(undefined, 1), send(0)])
    socket.send(JSON.stringify(message));
  while (responses.length < 2) await once(socket, "message");
  expect(responses.map(({ success }) => success)).toEqual([true, false]);
  expect(responses[1]?.["result"]).toContain("Another user has already made this request");
});

test("a client that has seen a later time than the server's clock gets later timestamps", async () => {
  const { server } = await serve({ project: LIVE });
  const ahead = BigInt(Date.now() + 3_600_000) * 1_000_000n;
  const { ts } = await exchange(server.apiUrl, "ahead", [send(0)], { maxObservedTimestamp: encode(ahead) });
  expect(ts).toBeGreaterThanOrEqual(ahead);
  const other = await exchange(server.apiUrl, "other", [send(0)]);
  expect(other.ts).toBeLessThan(ahead);
});

test("records of requests are removed after a day", async () => {
  let offset = 0;
  const { server } = await serve({ project: LIVE, clock: () => Date.now() + offset });
  await exchange(server.apiUrl, "s", [send(0), send(1)]);
  offset = 25 * 3_600_000;
  await exchange(server.apiUrl, "s", [send(2), send(3)]);
  // The records of the first two are gone, so they run again.
  await exchange(server.apiUrl, "s", [send(0), send(3)]);
  expect(await server.run("chat:list", listed)).toHaveLength(5);
});
