/** Clients that send too much, or what no client of Convex sends. Each ends its own connection, and the server goes on. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { chat, LIVE, openClient, Received, subscribe } from "../../fixtures/live";
import type { RawSync } from "../../fixtures/rawSync";
import { add, frames, hello, OPCODE, openSync, openUnread } from "../../fixtures/rawSync";
import { serve } from "../../fixtures/serve";
import { whenClosed } from "../../fixtures/sockets";
import type { EmbeddedServer } from "../server/server";
import { LiveQuery } from "./liveQuery";
import { Overloaded, SubscribedMemory } from "./subscribedMemory";
import { Subscriptions } from "./subscriptions";
import { ANONYMOUS } from "./syncCaller";

const channel = "general";
const CALL = { udfPath: "a:b", args: {}, component: "", journal: null };

/** Opens a connection, and expects at the end that other clients are served and that nothing was logged. */
async function hostile(): Promise<RawSync & { server: EmbeddedServer; served: () => Promise<void> }> {
  const { server, logged } = await serve({ project: LIVE });
  const raw = await openSync(server.apiUrl);
  const served = async () => {
    const other = openClient(server.apiUrl);
    const list = subscribe<string[]>(other, chat.list, { channel });
    await other.mutation(chat.send, { channel, text: "hello" });
    expect(list.last).toContain("hello");
    expect(logged.filter(({ level }) => level === "error")).toEqual([]);
  };
  return { ...raw, server, served };
}

async function fatalError({ socket, next }: RawSync): Promise<unknown> {
  const closed = once(socket, "close");
  for (;;) {
    const message = await next();
    if (message["type"] !== "FatalError") continue;
    expect((await closed)[0]).toBe(1008);
    return message["error"];
  }
}

test("the results of a client's queries have a limit together", async () => {
  const raw = await hostile();
  // 12 million characters each in JSON.
  for (let i = 0; i < 3; i++) raw.send(add("chat:large", { channel: `${i}`, characters: 8_000_000 }, {}, i));
  expect(await fatalError(raw)).toBe(
    "The results of a client's queries may have at most 33554432 characters together.",
  );
  await raw.served();
});

test("the results of all clients have a limit together, and results of closed queries no longer count", async () => {
  const { server } = await serve({ project: LIVE, hooks: { maxResultCharacters: 2_600 } });
  const large = (channel: string, characters: number) => ({ channel, characters });
  const [first, second] = [openClient(server.apiUrl), openClient(server.apiUrl)];
  const received = new Received<{ text: string }>();
  const leave = first.onUpdate(chat.large, large("a", 1_200), received.next, received.fail);
  await received.until(() => received.values.length > 0);
  // In JSON each quote takes two characters.
  const refused = subscribe<{ text: string }>(second, chat.large, large("b", 1_000));
  await refused.until(() => refused.errors.length > 0);
  expect(refused.errors[0]?.message).toContain("clients subscribe to too much data");
  const small = subscribe<{ text: string }>(second, chat.large, large("c", 10));
  await small.until(() => small.values.length > 0);
  expect([received.errors, small.errors]).toEqual([[], []]);

  leave();
  // A second query of the client shows that the server has handled the removal.
  const after = subscribe<string[]>(first, chat.list, { channel: "d" });
  await after.until(() => after.values.length > 0);
  await first.mutation(chat.send, { channel: "b", text: "again" });
  await refused.until(() => refused.values.length > 0);
  expect(refused.last?.text).toHaveLength(1_000);
});

test("the names and arguments of a client's queries have a limit together", async () => {
  const long = "x".repeat(900_000);
  for (const query of [
    { udfPath: `chat:${long}` },
    { componentPath: long },
    { journal: long },
    { args: [{ channel: long }] },
  ]) {
    const raw = await hostile();
    const error = fatalError(raw);
    for (let i = 0; i < 5; i++) raw.send(add("chat:list", { channel }, query, i));
    expect(await error).toBe(
      "The names and arguments of a client's queries may have at most 4194304 characters.",
    );
    await raw.served();
  }
});

test("removed queries no longer count", async () => {
  const { send, next, served } = await hostile();
  const long = "x".repeat(900_000);
  for (let i = 0; i < 12; i++) {
    const [added] = add("chat:list", { channel: long }, { queryId: 1 }).modifications;
    const removed = { type: "Remove", queryId: 1 };
    send({ type: "ModifyQuerySet", baseVersion: i, newVersion: i + 1, modifications: [added, removed] });
  }
  let querySet = 0;
  while (querySet < 12) querySet = ((await next())["endVersion"] as { querySet: number }).querySet;
  await served();
});

const deep = (type: string) => `{"type":"${type}","requestId":0,"udfPath":"chat:send","args":[`;

test.each(["Mutation", "Action"])("the deeply nested arguments of a %s are refused", async (type) => {
  const { send, next, served } = await hostile();
  send(`${deep(type)}${"[".repeat(400_000)}${"]".repeat(400_000)}]}`);
  expect(await next()).toMatchObject({ type: `${type}Response`, requestId: 0, success: false });
  await served();
});

test("a query with deeply nested arguments ends its connection", async () => {
  const raw = await hostile();
  const [before, after] = JSON.stringify(add("chat:list", "?")).split('"?"');
  raw.send(`${before}${"[".repeat(400_000)}${"]".repeat(400_000)}${after}`);
  expect(await fatalError(raw)).toBe("The arguments are nested too deeply.");
  await raw.served();
});

test.each([[{ $integer: "x" }], [{ $bytes: 3 }], [{ $unknown: 1 }], [[1, 2]], ["text"], [null]])(
  "the arguments %j of a query, a mutation and an action are refused",
  async (args: unknown) => {
    const { send, next, served } = await hostile();
    send(add("chat:list", args));
    const [failed] = (await next())["modifications"] as object[];
    expect(failed).toMatchObject({ type: "QueryFailed", queryId: 0 });
    for (const [i, type] of ["Mutation", "Action"].entries()) {
      const udfPath = type === "Mutation" ? "chat:send" : "chat:relay";
      send({ type, requestId: i, udfPath, args: [args] });
      expect(await next()).toMatchObject({ type: `${type}Response`, requestId: i, success: false });
    }
    await served();
  },
);

test.each([
  ["Connect", { ...hello, sessionId: "x".repeat(129) }, "sessionId"],
  ["Connect", { ...hello, maxObservedTimestamp: "AAAA" }, "maxObservedTimestamp"],
  ["Connect", { ...hello, maxObservedTimestamp: "//////////8=" }, "maxObservedTimestamp"],
  ["Mutation", { type: "Mutation", requestId: 2 ** 32, udfPath: "a:b", args: [] }, "requestId"],
  ["Mutation", { type: "Mutation", requestId: 0, udfPath: 7, args: [] }, "udfPath"],
  ["Action", { type: "Action", requestId: 0, udfPath: "a:b", args: {} }, "args"],
  ["Action", { type: "Action", requestId: 0, udfPath: "a:b", args: [{}, {}] }, "args"],
  ["ModifyQuerySet", { ...add("a:b"), modifications: [{ type: "Change", queryId: 0 }] }, "modifications"],
  ["ModifyQuerySet", { ...add("a:b"), modifications: [null] }, "not an object"],
  ["Authenticate", { type: "Authenticate", tokenType: "Root", baseVersion: 0 }, "tokenType"],
])("a %s message with an invalid field ends its connection: %j", async (type, message, problem) => {
  const { server, logged } = await serve({ project: LIVE });
  const raw = await openSync(server.apiUrl, "/api/sync", type !== "Connect");
  raw.send(message);
  expect(await fatalError(raw)).toContain(problem);
  expect(logged).toEqual([]);
});

test("a query whose journal is invalid fails alone", async () => {
  const { send, next, served } = await hostile();
  const args = { channel, paginationOpts: { cursor: null, numItems: 2 } };
  send(add("chat:page", args, { journal: "garbage" }));
  const [failed] = (await next())["modifications"] as object[];
  expect(failed).toMatchObject({
    type: "QueryFailed",
    errorMessage: expect.stringContaining("Cursor") as string,
  });
  await served();
});

test("binary messages are read as text, and text that is not UTF-8 closes the connection", async () => {
  const { socket, send, next, served } = await hostile();
  socket.send(Buffer.from(JSON.stringify(add("chat:list", { channel }))), { binary: true });
  expect(await next()).toMatchObject({ type: "Transition" });
  const closed = once(socket, "close");
  socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  send("more");
  expect((await closed)[0]).toBe(1007);
  await served();
});

test.each([
  ["many small fragments", 1, 20_000],
  ["fragments of more than 1 MiB", 60_000, 20],
])("a message of %s closes its connection", async (_what, size, count) => {
  const { server, served } = await hostile();
  const client = openUnread(server.apiUrl);
  const closed = whenClosed(client);
  client.resume();
  client.write(frames(OPCODE.text, '"', 1, false));
  client.write(frames(OPCODE.continuation, "x".repeat(size), count, false));
  await closed;
  await served();
});

test("a client may run 64 actions at the same time, and further ones fail", async () => {
  const { send, next, server, served } = await hostile();
  const url = `${server.apiUrl}/version`;
  for (let requestId = 0; requestId < 100; requestId++) {
    send({ type: "Action", requestId, udfPath: "chat:relayAfter", args: [{ channel, text: "x", url }] });
  }
  let succeeded = 0;
  let failed = 0;
  while (succeeded + failed < 100) {
    const { type, success, result } = await next();
    if (type !== "ActionResponse") continue;
    if (success === true) succeeded++;
    else {
      expect(result).toContain("TooManyConcurrentRequests");
      failed++;
    }
  }
  expect(succeeded).toBeGreaterThanOrEqual(64);
  expect(failed).toBeGreaterThan(0);
  await served();
});

test("a client that sends any number of mutations gets all answers, in order", async () => {
  const { send, next, server, served } = await hostile();
  for (let requestId = 0; requestId < 200; requestId++) {
    send({ type: "Mutation", requestId, udfPath: "chat:send", args: [{ channel, text: `${requestId}` }] });
  }
  const answered: unknown[] = [];
  while (answered.length < 200) {
    const { type, requestId } = await next();
    if (type === "MutationResponse") answered.push(requestId);
  }
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  expect(answered).toEqual(numbers);
  expect(await server.run("chat:list", { channel })).toEqual(numbers.map(String));
  await served();
});

test("the subscriptions of all clients have a limit together, and closed clients no longer count", () => {
  const memory = new SubscribedMemory(5_000);
  const query = new LiveQuery("", { ...CALL, caller: ANONYMOUS });
  const queries = { subscribe: () => query, unsubscribe: () => undefined };
  const open = () => new Subscriptions(queries, memory, () => undefined);
  const one = { type: "Add", ...CALL } as const;
  const first = open();
  first.modify(
    [
      { ...one, queryId: 0 },
      { ...one, queryId: 1 },
    ],
    ANONYMOUS,
  );
  const second = open();
  second.modify(
    [
      { ...one, queryId: 0 },
      { ...one, queryId: 1 },
    ],
    ANONYMOUS,
  );
  expect(() => second.modify([{ ...one, queryId: 2 }], ANONYMOUS)).toThrow(Overloaded);
  first.modify([{ type: "Remove", queryId: 0 }], ANONYMOUS);
  second.modify([{ ...one, queryId: 3 }], ANONYMOUS);
  first.clear();
  second.modify([{ ...one, queryId: 4 }], ANONYMOUS);
  expect(() => first.modify([{ ...one, queryId: 0 }], ANONYMOUS)).toThrow(Overloaded);
});
