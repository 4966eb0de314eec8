/** `ConvexReactClient`, which `useQuery`, `useMutation` and `useAction` call. The chat example tests them in a browser. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConnectionState } from "convex/browser";
import { ConvexReactClient } from "convex/react";
import { expect, onTestFinished, test } from "vitest";
import { chat, LIVE, Received } from "../../fixtures/live";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { WebSocket } from "../../fixtures/webSocket";

const channel = "general";

function open(url: string): ConvexReactClient {
  const client = new ConvexReactClient(url, {
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  onTestFinished(() => client.close());
  return client;
}

/** Records what a component that shows the query would render. */
function watch<Value>(
  client: ConvexReactClient,
  query: (typeof chat)["list"],
  args: Readonly<Record<string, unknown>> = {},
): Received<Value> & { readonly stop: () => void } {
  const watched = client.watchQuery(query, args);
  const received = new Received<Value>();
  const stop = watched.onUpdate(() => received.next(watched.localQueryResult() as Value));
  return Object.assign(received, { stop });
}

function statesOf(client: ConvexReactClient): Received<ConnectionState> {
  const states = new Received<ConnectionState>();
  onTestFinished(client.subscribeToConnectionState(states.next));
  return states;
}

test("a watched query is updated until its last watcher stops", async () => {
  const { server } = await serve({ project: LIVE });
  const client = open(server.apiUrl);
  const list = watch<string[]>(client, chat.list, { channel });
  await list.until(() => list.last?.length === 0);
  await client.mutation(chat.send, { channel, text: "one" });
  expect(list.last).toEqual(["one"]);
  expect(await client.query(chat.list, { channel })).toEqual(["one"]);
  list.stop();
  const count = watch<number>(client, chat.count, { channel });
  await client.mutation(chat.send, { channel, text: "two" });
  await count.until(() => count.last === 2);
  expect(list.last).toEqual(["one"]);
});

test("the optimistic update of a mutation that fails is rolled back", async () => {
  const { server } = await serve({ project: LIVE });
  const client = open(server.apiUrl);
  const list = watch<string[]>(client, chat.list, { channel });
  await client.mutation(chat.send, { channel, text: "one" });
  const refused = client.mutation(
    chat.refuse,
    { channel, text: "two" },
    {
      optimisticUpdate: (store) => store.setQuery(chat.list, { channel }, ["one", "two (sending)"]),
    },
  );
  await expect(refused).rejects.toHaveProperty("data", { kind: "refused", size: 3n });
  expect(list.values.slice(-3)).toEqual([["one"], ["one", "two (sending)"], ["one"]]);
});

test("an action returns its result, and its error with the data", async () => {
  const { server } = await serve({ project: LIVE });
  const client = open(server.apiUrl);
  const list = watch<string[]>(client, chat.list, { channel });
  expect(await client.action(chat.relay, { channel, text: "one" })).toMatch(/^[0-9a-z]{32}$/);
  await list.until(() => list.last?.length === 1);
  await expect(client.action(chat.relay, { channel })).rejects.toThrow("missing the required field `text`");
});

test("the connection state shows requests in flight and lost connections", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project: LIVE, data });
  const client = open(server.apiUrl);
  const states = statesOf(client);
  const sent = client.mutation(chat.send, { channel, text: "one" });
  expect(client.connectionState()).toMatchObject({ inflightMutations: 1, hasInflightRequests: true });
  await sent;
  expect(client.connectionState()).toMatchObject({
    isWebSocketConnected: true,
    hasEverConnected: true,
    connectionCount: 1,
    inflightMutations: 0,
    hasInflightRequests: false,
    timeOfOldestInflightRequest: null,
  });
  const apiPort = Number(new URL(server.apiUrl).port);
  await server.close(0);
  await states.until(() => states.last?.isWebSocketConnected === false);
  const queued = client.mutation(chat.send, { channel, text: "two" });
  await serve({ project: LIVE, data, apiPort });
  await queued;
  expect(client.connectionState()).toMatchObject({ isWebSocketConnected: true, connectionCount: 2 });
  await states.until(() => states.last?.connectionRetries === 0);
});

test("an action that is in flight when the connection is lost fails, and is not repeated", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project: LIVE, data });
  const gate = createServer();
  gate.listen(0, "127.0.0.1");
  await once(gate, "listening");
  onTestFinished(() => {
    gate.closeAllConnections();
    gate.close();
  });
  const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
  let calls = 0;
  gate.on("request", () => calls++);
  const reached = once(gate, "request");
  const client = open(server.apiUrl);
  const acted = client.action(chat.relayAfter, { channel, text: "late", url });
  const failed = expect(acted).rejects.toThrow("Connection lost while action was in flight");
  await reached;
  const apiPort = Number(new URL(server.apiUrl).port);
  await server.close(0);
  // The client learns from its next connection that no answer will come.
  await serve({ project: LIVE, data, apiPort });
  await failed;
  expect(await client.query(chat.list, { channel })).toEqual([]);
  expect(calls).toBe(1);
});

test("a token is replaced before it expires, and the results of queries do not flicker", async () => {
  const key = await signingKey("first");
  const issuer = await startIssuer([key]);
  const { server } = await serve({ project: LIVE, env: { OIDC_DOMAIN: issuer.url } });
  const client = open(server.apiUrl);
  const fetched = new Received<boolean>();
  const authenticated = new Received<boolean>();
  client.setAuth(({ forceRefreshToken }) => {
    fetched.next(forceRefreshToken);
    const now = Math.floor(Date.now() / 1000);
    // The client asks for the next token ten seconds before the end of this one.
    const claims = {
      iss: issuer.url,
      aud: "app",
      sub: "ada",
      iat: now,
      exp: now + 13,
      n: fetched.values.length,
    };
    return sign(key, claims);
  }, authenticated.next);
  const who = watch<string | null>(client, chat.whoami);
  await who.until(() => who.last === "ada");
  await fetched.until(() => fetched.values.length === 4);
  await client.mutation(chat.addAsUser, { channel, text: "one" });
  expect(await client.query(chat.list, { channel })).toEqual(["ada: one"]);
  expect(new Set(who.values)).toEqual(new Set(["ada"]));
  expect(new Set(authenticated.values)).toEqual(new Set([true]));
});
