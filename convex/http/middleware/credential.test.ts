import { describe, expect, test } from "vitest";
import { newApiKey } from "../../identity/apiKey.lib";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { mistyped, problem } from "../testing/replies.testing";

/** Swaps the first two adjacent characters of the secret that differ. Swapping equal characters would leave the key valid. */
function swapped(key: string): string {
  const secret = key.lastIndexOf("_", key.length - 10) + 1;
  const different = /(.)(?!\1)(.)/.exec(key.slice(secret));
  if (!different) throw new Error("All characters of the secret are equal");
  const at = secret + different.index;
  return key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2);
}

const carrying = (key: string) => ({ headers: { "X-API-Key": key } });

describe("the database is not queried", () => {
  test.each([
    ["a mistyped key", mistyped],
    ["a truncated key", (key: string) => key.slice(0, -1)],
    ["a key in capital letters", (key: string) => key.slice(0, 4) + key.slice(4).toUpperCase()],
    ["a key with two swapped characters", swapped],
  ])("for %s", async (_, altered) => {
    const { asked, send } = fakeContext();
    const wrong = altered((await newApiKey()).key);
    await problem(send("/api/users", carrying(wrong)), 403, "invalid_credential");
    await problem(
      send("/api/users", { headers: { Authorization: `Bearer ${wrong}` } }),
      403,
      "invalid_credential",
    );
    expect(asked).toEqual([]);
  });

  test("for a request without a credential or with two", async () => {
    const { asked, send } = fakeContext();
    await problem(send("/api/users"), 401, "unauthenticated");
    const headers = {
      "X-API-Key": (await newApiKey()).key,
      Authorization: `Bearer ${(await newApiKey()).key}`,
    };
    await problem(send("/api/users", { headers }), 400, "invalid_request");
    expect(asked).toEqual([]);
  });

  test("for the credential of a request to a public route", async () => {
    const { asked, send } = fakeContext();
    expect((await send("/health", carrying((await newApiKey()).key))).status).toBe(200);
    expect(asked).toEqual([]);
  });
});

test("a token in both headers is refused on a route that requires a key", async () => {
  const caller = { userId: "u", scopes: ["*"], credential: "user:u" };
  const { send } = fakeContext({
    "auth:validateToken": () => caller,
    "auth:admitToken": () => ({ caller, rateLimit: null }),
  });
  const headers = { "X-API-Key": "a.b.c", Authorization: "Bearer a.b.c" };
  const reply = await send("/api/protected", { headers });
  expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  await problem(reply, 403, "invalid_credential");
});

describe("a token for which functions see no identity", () => {
  const nobody = {
    "auth:validateToken": () => null,
    "auth:admitToken": () => ({ caller: null, rateLimit: null }),
  };
  const token = { headers: { Authorization: "Bearer a.b.c" } };
  const throwing = (message: string) => () => {
    throw new Error(message);
  };

  test.each([
    "Auth provider discovery of https://issuer.example failed",
    "Auth provider discovery of https://issuer.example failed: 503 Service Unavailable <html>",
    "Could not fetch JWKS from URL 'https://issuer.example/jwks': HTTP 500 Internal Server Error. Check that the URL is correct and accessible.",
    "Invalid Content-Type 'text/html' when fetching JWKS from 'https://issuer.example/jwks'. Expected 'application/json' or 'application/jwk-set+json'.",
    "Invalid JWKS response body from 'https://issuer.example/jwks'. The response is not valid JSON or doesn't match the expected JWKS format.",
  ])("returns 503 if Convex reports: %s", async (message) => {
    const { send } = fakeContext(nobody, undefined, { identity: throwing(message) });
    const reply = await send("/api/users", token);
    expect(reply.headers.get("retry-after")).toBe("5");
    const { detail } = await problem(reply, 503, "unavailable");
    expect(detail).toBe("The issuer of the token cannot be reached");
  });

  test.each([
    "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated by dots.",
    "No auth provider found matching the given token",
    "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.",
    "Could not decode token. The JWT's 'kid' (key ID) header is 'Auth provider discovery of ', does this key match any key in the provider's JWKS?",
  ])("returns 403 if Convex reports: %s", async (message) => {
    const { send } = fakeContext(nobody, undefined, { identity: throwing(message) });
    await problem(send("/api/users", token), 403, "invalid_credential");
  });

  test("returns 403 if Convex verified the token but no user matches it", async () => {
    const { send } = fakeContext(nobody);
    await problem(send("/api/users", token), 403, "invalid_credential");
  });
});

describe("an authenticated request", () => {
  const list = { "users:list": () => ({ docs: [] }) };

  test("makes two calls: one to admit the caller and one for the work", async () => {
    const { key, answers } = await goodKey();
    const { asked, send } = fakeContext({ ...answers, ...list });
    expect((await send("/api/users", carrying(key))).status).toBe(200);
    expect(asked).toEqual(["auth:validateApiKey", "users:list"]);
  });

  test.each([
    ["never used", undefined, 3],
    ["last used a minute ago", 60_000, 3],
    ["used within the minute", 59_000, 2],
  ])("stores the use of a key %s if a minute has passed", async (_, ago, calls) => {
    const { key, answers } = await goodKey();
    const { lastUsedAt, ...verdict } = answers["auth:validateApiKey"]();
    const used = ago === undefined ? {} : { lastUsedAt: lastUsedAt - ago };
    const { asked, send } = fakeContext({
      ...list,
      "auth:validateApiKey": () => ({ ...verdict, ...used }),
      "apiKeys:touch": () => null,
    });
    expect((await send("/api/users", carrying(key))).status).toBe(200);
    expect(asked).toHaveLength(calls);
  });

  test("passes the hash of the key to the function, never the key", async () => {
    const { key, answers } = await goodKey();
    const seen: unknown[] = [];
    const { send } = fakeContext({
      ...list,
      "auth:validateApiKey": (args) => {
        seen.push(args);
        return answers["auth:validateApiKey"]();
      },
    });
    await send("/api/users", carrying(key));
    expect(seen).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
  });

  test("is refused if the key has expired", async () => {
    const { key, answers } = await goodKey();
    const expired = { ...answers["auth:validateApiKey"](), expiresAt: Date.now() };
    const { asked, send } = fakeContext({ "auth:validateApiKey": () => expired });
    await problem(send("/api/users", carrying(key)), 403, "invalid_credential");
    expect(asked).toEqual(["auth:validateApiKey"]);
  });
});
