import { describe, expect, test } from "vitest";
import { newApiKey } from "../../lib/apiKey.lib";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { mistyped, problem } from "../testing/replies.testing";

/** A key with two neighbours of its secret swapped, the first that differ: equal ones would leave the key a good one. */
function swapped(key: string): string {
  const secret = key.lastIndexOf("_", key.length - 10) + 1;
  const different = /(.)(?!\1)(.)/.exec(key.slice(secret));
  if (!different) throw new Error("All characters of the secret are equal");
  const at = secret + different.index;
  return key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2);
}

const carrying = (key: string) => ({ headers: { "X-API-Key": key } });

describe("the database is not asked", () => {
  test.each([
    ["a mistyped key", mistyped],
    ["a key cut short", (key: string) => key.slice(0, -1)],
    ["a key in capitals", (key: string) => key.slice(0, 4) + key.slice(4).toUpperCase()],
    ["two characters swapped", swapped],
  ])("about %s", async (_, altered) => {
    const { asked, send } = fakeContext();
    const wrong = altered((await newApiKey()).key);
    await problem(send("/api/items", carrying(wrong)), 403, "invalid_credential");
    await problem(
      send("/api/items", { headers: { Authorization: `Bearer ${wrong}` } }),
      403,
      "invalid_credential",
    );
    expect(asked).toEqual([]);
  });

  test("without a credential, or with two", async () => {
    const { asked, send } = fakeContext();
    await problem(send("/api/items"), 401, "unauthenticated");
    const headers = {
      "X-API-Key": (await newApiKey()).key,
      Authorization: `Bearer ${(await newApiKey()).key}`,
    };
    await problem(send("/api/items", { headers }), 400, "invalid_request");
    expect(asked).toEqual([]);
  });

  test("about the credential of a public route", async () => {
    const { asked, send } = fakeContext();
    expect((await send("/health", carrying((await newApiKey()).key))).status).toBe(200);
    expect(asked).toEqual([]);
  });
});

describe("an authenticated request", () => {
  const list = { "items:list": () => ({ docs: [] }) };

  test("is two calls: one that admits, one that does the work", async () => {
    const { key, answers } = await goodKey();
    const { asked, send } = fakeContext({ ...answers, ...list });
    expect((await send("/api/items", carrying(key))).status).toBe(200);
    expect(asked).toEqual(["auth:validateApiKey", "items:list"]);
  });

  test.each([
    ["never used", undefined, 3],
    ["last used a minute ago", 60_000, 3],
    ["used within the minute", 59_000, 2],
  ])("notes the use of a key %s", async (_, ago, calls) => {
    const { key, answers } = await goodKey();
    const { lastUsedAt, ...verdict } = answers["auth:validateApiKey"]();
    const used = ago === undefined ? {} : { lastUsedAt: lastUsedAt - ago };
    const { asked, send } = fakeContext({
      ...list,
      "auth:validateApiKey": () => ({ ...verdict, ...used }),
      "apiKeys:touch": () => null,
    });
    expect((await send("/api/items", carrying(key))).status).toBe(200);
    expect(asked).toHaveLength(calls);
  });

  test("hands over the hash of the key, never the key", async () => {
    const { key, answers } = await goodKey();
    const seen: unknown[] = [];
    const { send } = fakeContext({
      ...list,
      "auth:validateApiKey": (args) => {
        seen.push(args);
        return answers["auth:validateApiKey"]();
      },
    });
    await send("/api/items", carrying(key));
    expect(seen).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
  });

  test("ends where the credential has expired meanwhile", async () => {
    const { key, answers } = await goodKey();
    const expired = { ...answers["auth:validateApiKey"](), expiresAt: Date.now() };
    const { asked, send } = fakeContext({ "auth:validateApiKey": () => expired });
    await problem(send("/api/items", carrying(key)), 403, "invalid_credential");
    expect(asked).toEqual(["auth:validateApiKey"]);
  });
});
