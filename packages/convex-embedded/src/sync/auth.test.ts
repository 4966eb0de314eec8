/** Authentication of clients that subscribe. */
import type { ConvexClient } from "convex/browser";
import { expect, test } from "vitest";
import { chat, LIVE, openClient, Received, subscribe } from "../../fixtures/live";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import { serve } from "../../fixtures/serve";

async function serveWithIssuer() {
  const key = await signingKey("first");
  const issuer = await startIssuer([key]);
  const { server, logged } = await serve({ project: LIVE, env: { OIDC_DOMAIN: issuer.url } });
  const tokenFor = (sub: string, seconds = 60) => {
    const now = Math.floor(Date.now() / 1000);
    return sign(key, { iss: issuer.url, aud: "app", sub, iat: now, exp: now + seconds });
  };
  return { server, logged, issuer, tokenFor };
}

function states(client: ConvexClient, fetchToken: Parameters<ConvexClient["setAuth"]>[0]): Received<boolean> {
  const authenticated = new Received<boolean>();
  client.setAuth(fetchToken, authenticated.next);
  return authenticated;
}

test("queries and mutations run as the logged-in user, and again without a user after the logout", async () => {
  const { server, tokenFor } = await serveWithIssuer();
  const client = openClient(server.apiUrl);
  const who = subscribe<string | null>(client, chat.whoami);
  const list = subscribe<string[]>(client, chat.list, { channel: "a" });
  await who.until(() => who.last === null);
  let fetched = 0;
  const authenticated = states(client, async () => {
    const token = await tokenFor("ada");
    fetched++;
    return token;
  });
  await who.until(() => who.last === "ada");
  expect(authenticated.last).toBe(true);
  // The client fetches a second token at once, and would log in with it after a logout that comes before it.
  await expect.poll(() => fetched).toBe(2);
  await client.mutation(chat.addAsUser, { channel: "a", text: "one" });
  expect(list.last).toEqual(["ada: one"]);
  client.client.clearAuth();
  await who.until(() => who.last === null);
  await client.mutation(chat.addAsUser, { channel: "a", text: "two" });
  expect(list.last).toEqual(["ada: one", "nobody: two"]);
});

test("clients share a query only with the same user", async () => {
  const { server, tokenFor } = await serveWithIssuer();
  const users = ["ada", "bob", "ada"].map((name) => {
    const client = openClient(server.apiUrl);
    states(client, () => tokenFor(name));
    return { name, who: subscribe<string | null>(client, chat.whoami) };
  });
  for (const { name, who } of users) {
    await who.until(() => who.last === name);
    expect(new Set(who.values)).toEqual(new Set([name]));
  }
});

test("an invalid token is refused, and the client goes on without a user", async () => {
  const { server } = await serveWithIssuer();
  const client = openClient(server.apiUrl);
  const authenticated = states(client, () => Promise.resolve("a.b.c"));
  const who = subscribe<string | null>(client, chat.whoami);
  await authenticated.until(() => authenticated.last === false);
  await who.until(() => who.last === null);
  expect(who.values).toEqual([null]);
});

test("a client with an expired token gets a new one before its next mutation runs", async () => {
  let offset = 0;
  const key = await signingKey("first");
  const issuer = await startIssuer([key]);
  const { server } = await serve({
    project: LIVE,
    env: { OIDC_DOMAIN: issuer.url },
    clock: () => Date.now() + offset,
  });
  const lifetimes = [1_000, 1_000_000, 1_000_000];
  let fetched = 0;
  const client = openClient(server.apiUrl);
  states(client, () => {
    const now = Math.floor(Date.now() / 1000);
    const exp = now + (lifetimes[fetched++] ?? 2_000_000) + fetched;
    return sign(key, { iss: issuer.url, aud: "app", sub: "ada", iat: now, exp, n: fetched });
  });
  const who = subscribe<string | null>(client, chat.whoami);
  const list = subscribe<string[]>(client, chat.list, { channel: "a" });
  await who.until(() => who.last === "ada");
  // The first two tokens are the initial one and the one that replaces it immediately.
  await client.mutation(chat.addAsUser, { channel: "a", text: "one" });
  const before = fetched;
  offset = 1_500_000_000;
  await client.mutation(chat.addAsUser, { channel: "a", text: "two" });
  expect(list.last).toEqual(["ada: one", "ada: two"]);
  expect(fetched).toBeGreaterThan(before);
});

test("while the issuer is unreachable, the client retries", async () => {
  const { server, issuer, logged, tokenFor } = await serveWithIssuer();
  issuer.answer = (_path, response) => response.writeHead(500).end();
  const client = openClient(server.apiUrl);
  states(client, () => tokenFor("ada"));
  const who = subscribe<string | null>(client, chat.whoami);
  const closes = new Received<number>();
  client.client.subscribeToConnectionState(({ connectionCount }) => closes.next(connectionCount));
  await closes.until(() => (closes.last ?? 0) >= 2);
  expect(who.values).toEqual([]);
  expect(logged.filter(({ message }) => message.includes("InternalServerError"))).toEqual([]);
});
