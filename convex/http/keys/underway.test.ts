/** A request is admitted by its headers, and its body may arrive slowly. The key or token may be revoked or expire before the body is complete. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import {
  as,
  advanceClock,
  now,
  run,
  send,
  sendWithToken,
  useEngine,
  type Call,
} from "../testing/engine.testing";
import { expectRefusedKey, HOUR, mint, using } from "../testing/keys.testing";
import { json, page, type Json } from "../testing/replies.testing";

useEngine();

/** Sends the head of a request and the first byte of its body, and the rest on demand. */
function slowly(path: string, key: unknown) {
  let rest: (text: string) => void = () => undefined;
  const remainder = new Promise<string>((resolve) => (rest = resolve));
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder();
      controller.enqueue(encoder.encode(" "));
      controller.enqueue(encoder.encode(await remainder));
      controller.close();
    },
  });
  const headers = { "Content-Type": "application/json", "X-API-Key": String(key) };
  // `fetch` requires `duplex` for a stream. The DOM's types do not contain it.
  const reply = send(path, { method: "POST", headers, body, duplex: "half" } as RequestInit);
  const finish = (value: Json): Promise<Response> => {
    rest(JSON.stringify(value));
    return reply;
  };
  return { finish };
}

/** Waits until a fresh key has been used for the first time. */
async function admitted(owner: Call, id: unknown): Promise<void> {
  const used = async () =>
    (await page(owner("GET", "/api/keys?limit=100"))).find((key) => key["id"] === id)?.["lastUsedAt"];
  while ((await used()) === undefined);
}

const NEW_KEY = { name: "left behind", scopes: ["jobs:read"] };
const scopes = ["keys:write", "jobs:read"];

describe.each([
  ["creating a key", () => "/api/keys", NEW_KEY],
  ["rotating a key", (other: string) => `${other}/rotate`, { overlapSeconds: 0 }],
])("by %s", (what, target, body) => {
  test("a key that is revoked during the request creates no key", async () => {
    const owner = await as(`revoked ${what}`.replaceAll(" ", "-"));
    const other = await mint(owner, { name: "other", scopes: ["jobs:read"] });
    const { made, path } = await mint(owner, { name: "leaked", scopes });
    const request = slowly(target(other.path), made["key"]);
    await admitted(owner, made["id"]);
    expect((await owner("DELETE", path)).status).toBe(204);
    await expectRefusedKey(request.finish(body));
    await json(using(other.made["key"]));
    const left = await page(owner("GET", "/api/keys?limit=100"));
    expect(left.map(({ name }) => name)).not.toContain("left behind");
  });
});

test("a key that is revoked during the request revokes no key", async () => {
  const owner = await as("revoking");
  const other = await mint(owner, { name: "other", scopes: ["jobs:read"] });
  const { made, path } = await mint(owner, { name: "leaked", scopes });
  const key = { id: made["id"] as never, publicId: String(made["publicId"]) };
  const caller = { userId: owner.userId, scopes, credential: `key:${String(made["id"])}`, key };
  expect((await owner("DELETE", path)).status).toBe(204);
  const revoke = run("mutation", internal.apiKeys.revoke, { caller, keyId: String(other.made["id"]) });
  await expect(revoke).rejects.toThrow();
  await json(using(other.made["key"]));
});

test("a user who loses a scope during the request cannot grant it", async () => {
  const claims = { sub: "demoted", email: "demoted@example.com", email_verified: true };
  const id = (await json(sendWithToken(claims, "/api/user")))["id"];
  await run("mutation", internal.users.setScopes, { email: claims.email, scopes: ["keys:write"] });
  const caller = {
    userId: id as never,
    scopes: ["keys:write", "jobs:read"],
    credential: `user:${String(id)}`,
  };
  const fresh = { publicId: "p", hash: "h" };
  const made = run("mutation", internal.apiKeys.create, { caller, ...NEW_KEY, ...fresh });
  await expect(made).rejects.toThrow();
});

test("a key that expires during the request creates no key", async () => {
  const owner = await as("expiring");
  const expiresAt = new Date(now() + HOUR).toISOString();
  const { made } = await mint(owner, { name: "dated", scopes, expiresAt });
  const key = { id: made["id"] as never, publicId: String(made["publicId"]) };
  const caller = { userId: owner.userId, scopes, credential: `key:${String(made["id"])}`, key };
  const make = (hash: string) =>
    run("mutation", internal.apiKeys.create, { caller, ...NEW_KEY, publicId: "p", hash });
  expect((await make("in time")).result.name).toBe("left behind");
  advanceClock(HOUR);
  await expect(make("late")).rejects.toThrow();
});
