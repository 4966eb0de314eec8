import { ConvexHttpClient } from "convex/browser";
import type { FunctionReference } from "convex/server";
import { anyApi } from "convex/server";
import { ConvexError } from "convex/values";
import { expect, test } from "vitest";
import { TOOLS } from "../../fixtures/convexCli";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import { serve } from "../../fixtures/serve";

type Call<Kind extends "query" | "mutation" | "action"> = FunctionReference<Kind>;
const messages = anyApi["messages"] as unknown as {
  readonly list: Call<"query">;
  readonly crash: Call<"query">;
  readonly whoami: Call<"query">;
  readonly values: Call<"query">;
  readonly send: Call<"mutation">;
  readonly seed: Call<"mutation">;
  readonly refuse: Call<"mutation">;
  readonly relay: Call<"action">;
};

/** The client's method to set an admin key, which its types omit. */
interface WithAdminAuth {
  setAdminAuth(key: string, actingAs?: Readonly<Record<string, string>>): void;
}

function clientOf(url: string, adminKey?: string): ConvexHttpClient {
  const client = new ConvexHttpClient(url, { logger: false });
  if (adminKey !== undefined) (client as unknown as WithAdminAuth).setAdminAuth(adminKey);
  return client;
}

async function clients() {
  const { server } = await serve({ project: TOOLS });
  return { server, nobody: clientOf(server.apiUrl), operator: clientOf(server.apiUrl, server.adminKey) };
}

test("anyone may call public queries, mutations and actions", async () => {
  const { nobody } = await clients();
  const id = (await nobody.mutation(messages.send, { author: "ada", text: "one" })) as string;
  expect(id).toMatch(/^[0-9a-z]{32}$/);
  await nobody.action(messages.relay, { author: "ada", text: "two" });
  expect(await nobody.query(messages.list, { author: "ada" })).toEqual(["one", "two"]);
});

test("values of all types arrive unchanged", async () => {
  const { nobody } = await clients();
  expect(await nobody.query(messages.values)).toEqual({
    int: 7n,
    bytes: new Uint8Array([1, 2, 255]).buffer,
    infinite: Infinity,
    list: [1n, "two", null],
  });
});

test("internal functions need the admin key; without it they look like missing functions", async () => {
  const { nobody, operator } = await clients();
  const args = { author: "ada", count: 1 };
  const missing = "Could not find public function for 'messages:seed'.";
  await expect(nobody.mutation(messages.seed, args)).rejects.toThrow(missing);
  expect(await operator.mutation(messages.seed, args)).toBeNull();
  expect(await operator.query(messages.list, { author: "ada" })).toEqual(["message 1"]);
});

test("the operator may act as a user given by token identifier, or by issuer and subject", async () => {
  const { server, operator } = await clients();
  const actAs = (identity: Readonly<Record<string, string>>) => {
    (operator as unknown as WithAdminAuth).setAdminAuth(server.adminKey, identity);
    return operator.query(messages.whoami);
  };
  const issuer = "https://issuer.test";
  expect(await actAs({ issuer, subject: "1", name: "Ada" })).toEqual({
    issuer,
    subject: "1",
    name: "Ada",
    tokenIdentifier: `${issuer}|1`,
  });
  expect(await actAs({ tokenIdentifier: "anything" })).toEqual({ tokenIdentifier: "anything" });
  await expect(actAs({ subject: "1", name: "Ada" })).rejects.toThrow("HeaderParseFailure");
});

test("console lines have Convex's log levels", async () => {
  const { server } = await clients();
  const response = await fetch(`${server.apiUrl}/api/query`, {
    method: "POST",
    body: JSON.stringify({ path: "messages:verbose", args: {} }),
  });
  const { logLines } = (await response.json()) as { readonly logLines: readonly string[] };
  expect(logLines.map((line) => /^\[[A-Z]+\] [a-zA-Z]+/.exec(line)?.[0])).toEqual([
    "[DEBUG] debug",
    "[LOG] log",
    "[INFO] info",
    "[WARN] warn",
    "[ERROR] error",
    "[INFO] timer",
    "[INFO] timer",
    "[WARN] Timer",
  ]);
});

test("a wrong key is refused even for public functions", async () => {
  const { server } = await clients();
  for (const key of ["", "wrong", `${server.adminKey}0`, server.adminKey.slice(0, -1)]) {
    const client = clientOf(server.apiUrl, key);
    const headers = { authorization: `Convex ${key}` };
    const body = JSON.stringify({ path: "messages:list", args: { author: "ada" } });
    const refused = await fetch(`${server.apiUrl}/api/query`, { method: "POST", headers, body });
    expect(refused.status).toBe(key === "" ? 400 : 403);
    if (key !== "")
      await expect(client.query(messages.list, { author: "ada" })).rejects.toThrow("BadDeployKey");
  }
});

test("a function's error reaches the client with its data, and its writes are rolled back", async () => {
  const { nobody } = await clients();
  const refused = await nobody
    .mutation(messages.refuse, { author: "ada", text: "x" })
    .then(() => null)
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConvexError);
  expect(refused).toHaveProperty("data", { kind: "refused", size: 3n });
  expect(await nobody.query(messages.list, { author: "ada" })).toEqual([]);
  await expect(nobody.query(messages.crash)).rejects.toThrow(
    /^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: out of order\n/,
  );
  await expect(nobody.query(messages.list)).rejects.toThrow(
    "ArgumentValidationError: Object is missing the required field `author`.",
  );
  await expect(
    nobody.query(messages.send as unknown as Call<"query">, { author: "ada", text: "x" }),
  ).rejects.toThrow("Trying to execute messages:send as Query, but it is defined as Mutation.");
});

test("a valid token identifies the user, and an invalid token is refused", async () => {
  const key = await signingKey("first");
  const issuer = await startIssuer([key]);
  const { server } = await serve({ project: TOOLS, env: { OIDC_DOMAIN: issuer.url } });
  const client = clientOf(server.apiUrl);
  expect(await client.query(messages.whoami)).toBeNull();
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer.url, aud: "app", sub: "1", name: "Ada", iat: now, exp: now + 60 };
  client.setAuth(await sign(key, claims));
  expect(await client.query(messages.whoami)).toMatchObject({ name: "Ada", subject: "1" });
  client.setAuth(await sign(key, { ...claims, exp: now - 600 }));
  await expect(client.query(messages.whoami)).rejects.toThrow('"code":"Unauthenticated"');
  client.clearAuth();
  expect(await client.query(messages.whoami)).toBeNull();
});

test("a token whose issuer is unreachable gets 503", async () => {
  const key = await signingKey("first");
  const issuer = await startIssuer([key]);
  issuer.answer = (_path, response) => response.writeHead(500).end();
  const { server } = await serve({ project: TOOLS, env: { OIDC_DOMAIN: issuer.url } });
  const token = await sign(key, { iss: issuer.url, aud: "app", sub: "1" });
  const refused = await fetch(`${server.apiUrl}/api/query`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ path: "messages:whoami", args: {}, format: "json" }),
  });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "AuthProviderDiscoveryFailed" });
});

test("queries at a timestamp are refused by name", async () => {
  const { nobody } = await clients();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the test checks its response
  await expect(nobody.consistentQuery(messages.list, { author: "ada" })).rejects.toThrow("consistentQuery");
});
