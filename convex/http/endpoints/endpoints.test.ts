/** Endpoints: their secrets, who they belong to, and what they may see when an event is sent. */
import { describe, expect, expectTypeOf, test } from "vitest";
import { internal } from "../../_generated/api";
import { callerWith } from "../testing/caller.testing";
import { as, advanceClock, now, run, send, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";
import { processed, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { createKey, expectVerified, openReceiver, subscribe } from "./receiver.testing";
import { toEndpoint, toDelivery } from "../../views/endpoint.lib";
import type { Shape } from "../kit/contract.kit";
import type { Endpoint } from "./endpoints.contract";
import type { Delivery } from "./deliveries.contract";

useEngine({
  env: { ...WEBHOOK_ENV, SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"), QUOTA_ENDPOINTS: "20" },
});

const MINUTE = 60_000;
let people = 0;
const person = async () => {
  const name = `owner${++people}`;
  const grant = (scopes: string[]) =>
    run("mutation", internal.users.setScopes, { email: `${name}@example.com`, scopes });
  return { name, grant, owner: await as(name) };
};

async function pass(ms: number): Promise<void> {
  advanceClock(ms);
  await run("mutation", internal.outgoing.queue.sweep, {});
  await settle();
}

describe("secrets", () => {
  test("only the reply to the creation shows the secret, and no cache stores it", async () => {
    const { owner } = await person();
    const body = { url: "https://partner.example.org/", events: ["key.*"], enabled: false };
    const send = () => owner("POST", "/api/webhook-endpoints", body, { "Idempotency-Key": "once" });
    const reply = await send();
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const { secret, ...shown } = await json(reply, 201);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const replay = await send();
    expect(replay.headers.get("cache-control")).toBe("no-store");
    expect(await json(replay, 201)).toEqual(shown);
    const path = `/api/webhook-endpoints/${String(shown["id"])}`;
    expect(await json(owner("GET", path))).toEqual(shown);
    expect(await page(owner("GET", "/api/webhook-endpoints"))).toEqual([shown]);
    expect(await json(owner("PATCH", path, {}))).toEqual(shown);
  });

  test("during the overlap of a rotation both secrets verify, afterwards only the new one", async () => {
    const partner = await openReceiver();
    const { owner } = await person();
    const { path, secret: old } = await subscribe(owner, partner.url, ["key.*"]);
    const reply = await owner("POST", `${path}/rotate-secret`, { overlapSeconds: 3600 });
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const { secret } = await json(reply);
    expect(secret).not.toBe(old);
    await createKey(owner);
    await settle();
    advanceClock(61 * MINUTE);
    await createKey(owner);
    await settle();
    const [during, after] = partner.received;
    expect(during?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    expect(after?.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
    if (!during || !after) return;
    expect(() => expectVerified(after, old)).toThrow();
    expectVerified(after, String(secret));
    advanceClock(-61 * MINUTE);
    expectVerified(during, old);
    expectVerified(during, String(secret));
  });

  test("by default the old secret signs for a day, and with an overlap of 0 no longer", async () => {
    const partner = await openReceiver();
    const { owner } = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await json(owner("POST", `${path}/rotate-secret`));
    await createKey(owner);
    await json(owner("POST", `${path}/rotate-secret`, { overlapSeconds: 0 }));
    await settle();
    await createKey(owner);
    await settle();
    const counts = partner.received.map(({ headers }) => headers["webhook-signature"]?.split(" ").length);
    // The first event may be sent before or after the second rotation.
    expect([1, 2]).toContain(counts[0]);
    expect(counts[1]).toBe(1);
  });
});

test.each([
  [{ url: "http://10.0.0.1/", events: ["*"] }, "url"],
  [{ url: "https://localhost.local/", events: ["*"] }, "url"],
  [{ url: "nonsense", events: ["*"] }, "url"],
  [{ url: "https://partner.example.org/", events: [] }, "events"],
  [{ url: "https://partner.example.org/", events: ["key"] }, "events.0"],
  [{ url: "https://partner.example.org/", events: ["nothing.*"] }, "events.0"],
  [{ url: "https://partner.example.org/", events: ["*"], secret: "whsec_mine" }, "secret"],
])("%j is refused because of %s", async (body, path) => {
  const { owner } = await person();
  const { errors } = await problem(owner("POST", "/api/webhook-endpoints", body), 400, "invalid_request");
  expect(errors).toMatchObject([{ in: "body", path }]);
});

test("an owner has as many endpoints as the quota allows", async () => {
  const { owner } = await person();
  const create = () =>
    owner("POST", "/api/webhook-endpoints", { url: "https://partner.example.org/", events: ["*"] });
  for (let n = 0; n < 20; n++) await json(create(), 201);
  const { detail } = await problem(create(), 403, "quota_exceeded");
  expect(detail).toBe("An owner has at most 20 webhook endpoints");
  const [{ id } = {}] = await page(owner("GET", "/api/webhook-endpoints"));
  expect((await owner("DELETE", `/api/webhook-endpoints/${String(id)}`)).status).toBe(204);
  await json(create(), 201);
});

test("a changed address and changed events apply to the next event, and a deleted endpoint gets none", async () => {
  const [first, second] = [await openReceiver(), await openReceiver()];
  const { owner } = await person();
  const { path } = await subscribe(owner, first.url, ["key.created"]);
  await json(owner("PATCH", path, { url: second.url, events: ["key.revoked"], description: "Orders" }));
  await owner("DELETE", (await createKey(owner)).path);
  await settle();
  expect(first.received).toEqual([]);
  expect(second.received.map(({ json }) => json["type"])).toEqual(["key.revoked"]);
  const [{ id: delivery } = {}] = await page(owner("GET", `${path}/deliveries`));
  expect((await owner("DELETE", path)).status).toBe(204);
  await settle();
  await problem(owner("GET", `/api/webhook-deliveries/${String(delivery)}`), 404, "not_found");
  await problem(owner("GET", `${path}/deliveries`), 404, "not_found");
});

describe("the visibility of events is decided at each send", () => {
  test("an event of the deployment needs its scope, of the owner and of the key that made the endpoint", async () => {
    const { owner, grant, name } = await person();
    const narrow = await as(name, ["endpoints:write", "keys:read"]);
    const [wide, narrowed] = [await openReceiver(), await openReceiver()];
    await subscribe(owner, wide.url, ["user.created", "key.*"]);
    await subscribe(narrow, narrowed.url, ["user.created", "key.*"]);
    const change = async () => {
      await as(`anyone${++people}`);
      await createKey(owner);
      await settle();
    };
    await change();
    // A new user lacks `users:read`, although the user's key has all scopes.
    expect(wide.received.map(({ json }) => json["type"])).toEqual(["key.created"]);
    await grant(["users:read", "keys:read"]);
    await change();
    expect(wide.ofType("user.created")).toHaveLength(1);
    expect(narrowed.ofType("user.created")).toHaveLength(0);
    expect(narrowed.ofType("key.created")).toHaveLength(2);
    await grant(["users:read"]);
    await change();
    expect(wide.ofType("key.created")).toHaveLength(2);
    expect(wide.ofType("user.created")).toHaveLength(2);
  });

  test("a delivery that waits for a retry is not sent after the scope is gone", async () => {
    const partner = await openReceiver(() => ({ status: 500 }));
    const { owner, grant } = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    await grant(["files:read"]);
    await pass(MINUTE);
    expect(partner.received).toHaveLength(1);
    const [{ status, attempts } = {}] = await page(owner("GET", `${path}/deliveries`));
    expect(status).toBe("failed");
    expect(attempts).toMatchObject([
      { status: 500 },
      { error: expect.stringContaining("no longer has the scope") as unknown },
    ]);
  });

  test("the endpoints of a revoked key are disabled, those of a rotated key belong to the new one", async () => {
    const partner = await openReceiver();
    const { owner, name } = await person();
    const key = await as(name, ["endpoints:write", "endpoints:read", "keys:read", "keys:write"]);
    const { path } = await subscribe(key, partner.url, ["key.created"]);
    const { id } = (await page(owner("GET", "/api/keys")))[0] ?? {};
    const rotated = await json(owner("POST", `/api/keys/${String(id)}/rotate`));
    await createKey(owner);
    await settle();
    expect(partner.received).toHaveLength(1);
    expect((await owner("DELETE", `/api/keys/${String(rotated["id"])}`)).status).toBe(204);
    await createKey(owner);
    await settle();
    expect(partner.received).toHaveLength(1);
    expect(await json(owner("GET", path))).toMatchObject({
      enabled: false,
      disabledReason: "The key that made the endpoint was revoked",
    });
    // A credential that enables it again answers for it.
    await json(owner("PATCH", path, { enabled: true }));
    await createKey(owner);
    await settle();
    expect(partner.received).toHaveLength(2);
  });

  test("a key that changes an endpoint gets only what it may read", async () => {
    const partner = await openReceiver();
    const { owner, name } = await person();
    const key = await as(name, ["endpoints:write", "endpoints:read"]);
    const { path } = await subscribe(owner, "http://127.0.0.1:65535/", ["key.*"]);
    await json(key("PATCH", path, { url: partner.url }));
    await createKey(owner);
    await settle();
    expect(partner.received).toEqual([]);
  });

  test("a delivery's payload needs the scope of its event", async () => {
    const partner = await openReceiver();
    const { owner, name } = await person();
    const key = await as(name, ["endpoints:read"]);
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    const [{ id } = {}] = await page(owner("GET", `${path}/deliveries`));
    const read = (call: Call) => json(call("GET", `/api/webhook-deliveries/${String(id)}`));
    expect(await read(owner)).toHaveProperty("payload");
    expect(await read(key)).not.toHaveProperty("payload");
  });

  test("the deliveries of a suspended owner wait until the suspension ends", async () => {
    const partner = await openReceiver();
    const root = await as("root");
    await processed("clerk", "user.created");
    const users = await page(root("GET", "/api/users?limit=100"));
    const ada = users.find(({ email }) => email === "ada@example.org");
    const { key, userId } = await run("action", internal.apiKeys.issue, {
      ...{ name: "ada", scopes: ["*"], email: "ada@example.org" },
    });
    const call: Call = Object.assign(callerWith(send, key), { key, userId });
    await subscribe(call, partner.url, ["job.*"]);
    let version = now();
    const ban = (banned: boolean) => {
      const data = { id: ada?.["clerkId"], object: "user", banned, updated_at: ++version };
      const event = { type: "user.updated", object: "event", timestamp: version, data };
      const addresses = { email_addresses: [], primary_email_address_id: null };
      const body = JSON.stringify({ ...event, data: { ...data, ...addresses } });
      return processed("clerk", "user.updated", { body });
    };
    await ban(true);
    await run("mutation", internal.jobs.enqueue, { ownerId: userId, input: { text: "1" } });
    await settle();
    await pass(10 * MINUTE);
    expect(partner.received).toEqual([]);
    await ban(false);
    await pass(10 * MINUTE);
    expect(partner.received.map(({ json }) => json["type"])).toEqual(["job.succeeded"]);
  });

  test("a deleted owner's endpoints and deliveries go, and nothing more is sent", async () => {
    const partner = await openReceiver(() => ({ status: 500 }));
    const { owner } = await person();
    await subscribe(owner, partner.url, ["*"]);
    await createKey(owner);
    await settle();
    const sent = partner.received.length;
    const root = await as("root");
    expect((await root("DELETE", `/api/users/${owner.userId}`)).status).toBe(204);
    await settle();
    await pass(24 * 60 * MINUTE);
    expect(partner.received).toHaveLength(sent);
  });
});

test("events have the shapes that the contracts declare", () => {
  expectTypeOf(toEndpoint).returns.toExtend<Shape<typeof Endpoint>>();
  expectTypeOf(toDelivery).returns.toExtend<Shape<typeof Delivery>>();
});
