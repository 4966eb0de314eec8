/** The audit log. Each act has a row that says who acted, whichever way the act was done. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { ACTS, type Act } from "../../lib/audit.lib";
import { api } from "../api.app";
import { as, run, send, sendWithToken, settle, useEngine, type Call } from "../testing/engine.testing";
import { mint } from "../testing/keys.testing";
import { json, nextOf, page, problem, type Json } from "../testing/replies.testing";
import { ask, credentialHeader } from "../testing/requests.testing";
import { bodyFor, pathFor, routeOf } from "../testing/routes.testing";
import { processed, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const routes = (await api.contracts()).map(routeOf);

/** Returns the newest audit events, oldest first. */
const newest = async (limit: number): Promise<Json[]> =>
  (await page((await as("auditor"))("GET", `/api/audit-events?limit=${limit}`))).reverse();

/** Returns the rows that `work` adds. */
async function added(work: () => Promise<unknown>): Promise<Json[]> {
  // The reader is itself a new key, which is a row.
  const auditor = await as("auditor");
  const rows = async () => page(auditor("GET", "/api/audit-events?limit=100"));
  const before = new Set((await rows()).map(({ id }) => id));
  await work();
  return (await rows()).filter(({ id }) => !before.has(id)).reverse();
}

const summary = (rows: Json[]) => rows.map(({ actor, action, target }) => ({ actor, action, target }));

/** The acts of each route that changes keys, endpoints or users. A new route needs an entry. */
const ACTS_OF_ROUTES: Readonly<Record<string, readonly Act[]>> = {
  "POST /api/keys": ["key.created"],
  "PATCH /api/keys/:id": ["key.updated"],
  "DELETE /api/keys/:id": ["key.revoked"],
  "POST /api/keys/:id/rotate": ["key.rotated", "key.created"],
  "POST /api/webhook-endpoints": ["endpoint.created"],
  "PATCH /api/webhook-endpoints/:id": ["endpoint.updated"],
  "DELETE /api/webhook-endpoints/:id": ["endpoint.deleted"],
  "POST /api/webhook-endpoints/:id/rotate-secret": ["endpoint.secret_rotated"],
  // They change nothing that the log records: a test event, a delivery, and a user's name and email.
  "POST /api/webhook-endpoints/:id/test": [],
  "POST /api/webhook-deliveries/:id/retry": [],
  "POST /api/users": [],
  "PATCH /api/users/:id": [],
  "DELETE /api/users/:id": ["user.deleted"],
};

const AUDITED = /^(keys|endpoints|users):write$/;
const changing = routes.filter(({ scope, method }) => method !== "GET" && AUDITED.test(scope ?? ""));

test("every route that changes keys, endpoints or users has its acts in the table", () => {
  expect(changing.map(({ title }) => title).sort()).toEqual(Object.keys(ACTS_OF_ROUTES).sort());
});

test.each(changing.map((route) => [route.title, route] as const))(
  "%s adds its rows with the caller, the target and the request id",
  async (title, route) => {
    const owner = await as("audited");
    const path = await pathFor(route, owner);
    const id = path.split("/")[3];
    const { id: keyId } = await json(owner("GET", "/api/protected"));
    const body = bodyFor(route)?.text;
    const rows = await added(async () => {
      const headers = { ...credentialHeader(route, owner.key), "X-Request-Id": "audit-1" };
      const reply = await ask(route, path, { headers, ...(body !== undefined && { body }) });
      expect(reply.ok).toBe(true);
    });
    const acts = ACTS_OF_ROUTES[title] ?? [];
    expect(rows.map(({ action }) => action)).toEqual(acts);
    for (const row of rows)
      expect(row).toEqual({
        id: expect.any(String) as string,
        at: expect.stringMatching(/Z$/) as string,
        actor: `key:${String(keyId)}`,
        action: expect.any(String) as string,
        target: expect.stringMatching(/^(key|endpoint|user):/) as string,
        requestId: "audit-1",
      });
    if (id !== undefined && rows[0]) expect(rows[0]["target"]).toMatch(new RegExp(`:${id}$`));
  },
);

const clerkUser = (id: string, more: object = {}) => ({
  id,
  email_addresses: [{ id: "e1", email_address: `${id}@example.com`, verification: { status: "verified" } }],
  primary_email_address_id: "e1",
  ...more,
});
let events = 0;
const clerk = (type: string, data: object) =>
  processed("clerk", type, {
    id: `msg_audit_${++events}`,
    body: JSON.stringify({ type, data: { updated_at: Date.now() + events * 1000, ...data } }),
  });
const targetOf = async (email: string) => {
  const users = await page((await as("auditor"))("GET", "/api/users?limit=100"));
  return `user:${String(users.find((user) => user["email"] === email)?.["id"])}`;
};

/** The acts that operators and webhooks do. */
const OTHER_WAYS: Record<string, { acts: Act[]; actor: string; work: () => Promise<string> }> = {
  "npx convex run apiKeys:issue": {
    acts: ["key.created"],
    actor: "operator",
    work: async () => {
      const args = { name: "first", scopes: ["jobs:read"], email: "issued@example.com" };
      return `key:${(await run("action", internal.apiKeys.issue, args)).id}`;
    },
  },
  "npx convex run users:setScopes": {
    acts: ["user.scopes_changed"],
    actor: "operator",
    work: async () => {
      const args = { email: "auditor@example.com", scopes: [`jobs:read`] };
      return `user:${(await run("mutation", internal.users.setScopes, args))._id}`;
    },
  },
  "npx convex run users:erase": {
    acts: ["user.deleted"],
    actor: "operator",
    work: async () => {
      const { userId } = await as("erased");
      await run("mutation", internal.users.erase, { userId });
      return `user:${userId}`;
    },
  },
  "a ban in Clerk": {
    acts: ["user.suspended"],
    actor: "webhook:clerk",
    work: async () => {
      await clerk("user.created", clerkUser("user_ban"));
      await clerk("user.updated", clerkUser("user_ban", { banned: true }));
      return targetOf("user_ban@example.com");
    },
  },
  "a user that is created banned in Clerk": {
    acts: ["user.suspended"],
    actor: "webhook:clerk",
    work: async () => {
      await clerk("user.created", clerkUser("user_born", { banned: true }));
      return targetOf("user_born@example.com");
    },
  },
  "the end of a ban in Clerk": {
    acts: ["user.suspended", "user.reinstated"],
    actor: "webhook:clerk",
    work: async () => {
      await clerk("user.created", clerkUser("user_back", { banned: true }));
      await clerk("user.updated", clerkUser("user_back", { banned: false }));
      await clerk("user.updated", clerkUser("user_back", { banned: false, first_name: "Ada" }));
      return targetOf("user_back@example.com");
    },
  },
  "a deletion in Clerk": {
    acts: ["user.deleted"],
    actor: "webhook:clerk",
    work: async () => {
      await clerk("user.created", clerkUser("user_gone"));
      const target = await targetOf("user_gone@example.com");
      await clerk("user.deleted", { id: "user_gone", deleted: true });
      return target;
    },
  },
};

test.each(Object.entries(OTHER_WAYS))(
  "%s adds its rows without a request id",
  async (_, { acts, actor, work }) => {
    let target = "";
    const rows = await added(async () => (target = await work()));
    // The helpers of the test issue keys, which are rows too.
    const own = rows.filter((row) => row["target"] === target);
    expect(summary(own)).toEqual(acts.map((action) => ({ actor, action, target })));
    for (const row of own) expect(row).not.toHaveProperty("requestId");
  },
);

test("every act of the registry is done by a route, an operator or a webhook above", () => {
  const shown = [
    ...Object.values(ACTS_OF_ROUTES),
    ...Object.values(OTHER_WAYS).map(({ acts }) => acts),
  ].flat();
  expect(new Set(shown)).toEqual(new Set(ACTS));
});

test("a refused act, a repeated revocation and a replay add no row", async () => {
  const call = await as("quiet");
  const few = await as("quiet", ["keys:write"]);
  const { path } = await mint(call, { name: "k", scopes: ["jobs:read"] });
  const once = { "Idempotency-Key": "audit" };
  const body = { name: "once", scopes: ["jobs:read"] };
  await json(call("POST", "/api/keys", body, once), 201);
  await call("DELETE", path);
  const rows = await added(async () => {
    await problem(few("POST", "/api/keys", body), 403, "insufficient_scope");
    await problem(call("PATCH", path, { name: "late" }), 409, "conflict");
    expect((await call("DELETE", path)).status).toBe(204);
    await json(call("POST", "/api/keys", body, once), 201);
  });
  expect(rows).toEqual([]);
});

test("a caller with a token is named by its user", async () => {
  const { userId } = await as("token-actor");
  const claims = { sub: "token-actor", email: "token-actor@example.com", email_verified: true };
  const init = { method: "POST", headers: { "Content-Type": "application/json" } };
  const body = JSON.stringify({ name: "k", scopes: ["jobs:read"] });
  const rows = await added(() => sendWithToken(claims, "/api/keys", { ...init, body }));
  expect(rows).toMatchObject([{ actor: `user:${userId}`, action: "key.created" }]);
});

describe("the list", () => {
  async function three(): Promise<{ call: Call; actor: string; targets: string[] }> {
    const call = await as("listed");
    const { id } = await json(call("GET", "/api/protected"));
    const targets: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { made } = await mint(call, { name: `k${n}`, scopes: ["jobs:read"] });
      targets.push(`key:${String(made["id"])}`);
    }
    await call("PATCH", `/api/keys/${targets[1]?.slice(4) ?? ""}`, { name: "changed" });
    return { call, actor: `key:${String(id)}`, targets };
  }

  test("is filtered by actor, by target and by both", async () => {
    const { call, actor, targets } = await three();
    const list = async (query: string) => summary(await page(call("GET", `/api/audit-events?${query}`)));
    expect((await list(`actor=${actor}`)).map(({ target }) => target)).toEqual(
      [1, 2, 1, 0].map((n) => targets[n]),
    );
    expect((await list(`target=${String(targets[1])}`)).map(({ action }) => action)).toEqual([
      "key.updated",
      "key.created",
    ]);
    expect(await list(`actor=${actor}&target=${String(targets[2])}`)).toEqual([
      { actor, action: "key.created", target: targets[2] },
    ]);
    expect(await list(`actor=operator&target=${String(targets[2])}`)).toEqual([]);
  });

  test("is paged, and the link keeps the filter", async () => {
    const { call, actor, targets } = await three();
    const first = await call("GET", `/api/audit-events?actor=${actor}&limit=3`);
    const next = nextOf(first) ?? "";
    expect(await page(first)).toHaveLength(3);
    expect(summary(await page(call("GET", next)))).toEqual([
      { actor, action: "key.created", target: targets[0] },
    ]);
    await problem(call("GET", next.replace(/actor=[^&]+/, "actor=operator")), 400, "invalid_cursor");
  });

  test("needs audit:read", async () => {
    const { key } = await as("listed", ["keys:read", "users:read"]);
    const refused = send("/api/audit-events", { headers: { "X-API-Key": key } });
    await problem(refused, 403, "insufficient_scope");
    await settle();
    expect(await newest(1)).toHaveLength(1);
  });
});
