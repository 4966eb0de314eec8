/** The options of one route in its contract: its rate limit, deadline, cache policy, problems, claims, and its group. */
import { docsOnly } from "#docsOnly";
import { makeFunctionReference, type FunctionReference } from "convex/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describedBy } from "../../../openapi/contract/described";
import { replyViolations } from "../../../openapi/contract/reply";
import { openApiDocument } from "../../../openapi/document";
import { newApiKey } from "../../identity/apiKey.lib";
import { fail } from "../../lib/failure.lib";
import type { Idempotency, Once } from "../../lib/idempotency.lib";
import { api } from "../api.app";
import { contract, type AnyContract } from "../kit/contract.kit";
import { group } from "../kit/group.kit";
import { implement } from "../kit/implement.kit";
import { id } from "../kit/values.kit";
import { fakeContext } from "../testing/fakeContext.testing";
import { json, problem } from "../testing/replies.testing";

const about = { tag: "Test", summary: "A price", description: "For these tests." };
const price = docsOnly(({ z }) => z.object({ price: z.number() }));
const docs = docsOnly(() => ({ ...about, replies: { 200: price() } }));

const limited = contract("get", "/api/prices", () => ({
  operationId: "listPrices",
  scope: null,
  rateLimit: { bucket: "prices", perMinute: 30, cost: 2 },
  docs,
}));
const costly = contract("get", "/api/costly-prices", () => ({
  operationId: "listCostlyPrices",
  scope: "jobs:read",
  rateLimit: { cost: 10 },
  docs,
}));
const slow = contract("get", "/api/slow-prices", () => ({
  operationId: "listSlowPrices",
  scope: null,
  unlimited: true,
  timeoutMs: 90_000,
  docs,
}));
const cached = contract("get", "/api/cached-prices/:sku", () => ({
  operationId: "getCachedPrice",
  scope: null,
  unlimited: true,
  conditional: true,
  cache: { maxAge: 60, staleWhileRevalidate: 600 },
  params: { sku: id() },
  docs: docsOnly(() => ({ ...about, replies: { 200: price() } })),
}));
const own = contract("get", "/api/own-prices", () => ({
  operationId: "listOwnPrices",
  scope: "jobs:read",
  cache: { maxAge: 5, immutable: true },
  docs,
}));
const failing = contract("get", "/api/failing-prices", () => ({
  operationId: "listFailingPrices",
  scope: null,
  unlimited: true,
  docs: docsOnly(() => ({ ...about, replies: { 200: price() }, problems: ["quota_exceeded"] })),
}));
const member = contract("get", "/api/member-prices", () => ({
  operationId: "listMemberPrices",
  scope: "any",
  claims: true,
  docs: docsOnly(({ z }) => ({
    ...about,
    replies: { 200: z.object({ role: z.exactOptional(z.string()) }) },
  })),
}));
const external = contract("post", "/api/orders", () => ({
  operationId: "createOrder",
  scope: "jobs:write",
  idempotent: "external",
  docs: docsOnly(() => ({ ...about, replies: { 200: price() } })),
}));
const v2 = group("/api/v2/:shop", () => ({
  scope: "jobs:read",
  tag: "Version 2",
  rateLimit: { bucket: "v2", perMinute: 60 },
}));
const inGroup = v2("get", "/prices", () => ({
  operationId: "listPricesV2",
  params: { shop: id() },
  docs: docsOnly(() => ({ summary: "Prices", description: "For these tests.", replies: { 200: price() } })),
}));
const inGroupPublic = v2("get", "/public-prices", () => ({
  operationId: "listPublicPricesV2",
  scope: null,
  params: { shop: id() },
  docs: docsOnly(() => ({ ...about, replies: { 200: price() } })),
}));

// The product has no route with these options, so this file adds its own.
implement(api, limited, (c) => Promise.resolve(c.json({ price: 1 }, 200)));
implement(api, costly, (c) => Promise.resolve(c.json({ price: 1 }, 200)));
implement(api, own, (c) => Promise.resolve(c.json({ price: 1 }, 200)));
implement(api, slow, async (c) => {
  await c.env.runAction("prices:slow" as never, {});
  return c.json({ price: 1 }, 200);
});
implement(api, cached, (c, refuse) =>
  Promise.resolve(
    c.req.valid("param").sku === "none"
      ? refuse("not_found", "No price")
      : c.json({ price: 1 }, 200, { ETag: '"1"' }),
  ),
);
implement(api, failing, (_, refuse) => refuse("quota_exceeded", "Too many prices"));
implement(api, member, (c) => {
  const role = c.var.caller.claims?.org_role;
  return Promise.resolve(c.json(role === undefined ? {} : { role }, 200));
});
const orderAction = makeFunctionReference<"action", { idempotency?: Idempotency }, Once<{ price: number }>>(
  "orders:order",
  // A reference has no visibility at run time.
) as unknown as FunctionReference<
  "action",
  "internal",
  { idempotency?: Idempotency },
  Once<{ price: number }>
>;
implement(api, external, async (c) =>
  c.json(await c.var.once((key) => c.env.runAction(orderAction, key)), 200),
);
implement(api, inGroup, (c) => Promise.resolve(c.json({ price: c.req.valid("param").shop.length }, 200)));
implement(api, inGroupPublic, (c) => Promise.resolve(c.json({ price: 2 }, 200)));

const INFO = { title: "Prices", version: "1", description: "" };
const contracts: AnyContract[] = [
  ...[limited, costly, slow, cached, own, failing, member],
  ...[external, inGroup, inGroupPublic],
];
const document = openApiDocument(INFO, contracts);
const described = describedBy(document);
const operation = (path: string) =>
  (document["paths"] as Record<string, { get: Record<string, unknown> }>)[path]?.get;
const reply200 = (path: string) =>
  described.operations.find((one) => one.path === path)?.responses["200"]?.headers ?? {};

const { key, publicId } = await newApiKey();
const KEY = { "X-API-Key": key };
const caller = { userId: "user1", scopes: ["*"], credential: "key:key1", key: { id: "key1", publicId } };
const bucket = (policy: string, limit: number, remaining: number) => ({
  ...{ policy, limit, windowSeconds: 60, remaining, resetSeconds: 3 },
});
/** Functions that admit each request and record their arguments. */
function admitting(rateLimit: unknown = null) {
  const given: unknown[] = [];
  const answer = (result: unknown) => (args: unknown) => {
    given.push(args);
    return result;
  };
  const answers = {
    "auth:admitApiKey": answer({ caller, rateLimit }),
    "auth:admitToken": answer({ caller: { ...caller, key: undefined, credential: "user:user1" }, rateLimit }),
    "auth:admitAddress": answer(rateLimit),
  };
  return { given, answers };
}

beforeEach(() => {
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "600");
  vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "120");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe("the rate limit of a route", () => {
  test("is taken in the transaction that admits the caller, and both buckets are in the reply", async () => {
    const rateLimit = { ...bucket("address", 120, 119), ofRoute: bucket("prices", 30, 28) };
    const { given, answers } = admitting(rateLimit);
    const { send, asked } = fakeContext(answers, described);
    const { status, headers } = await send("/api/prices");
    expect([status, asked]).toEqual([200, ["auth:admitAddress"]]);
    expect(given).toEqual([{ routeLimit: { bucket: "prices", perMinute: 30, cost: 2 } }]);
    expect(headers.get("ratelimit-policy")).toBe('"address";q=120;w=60, "prices";q=30;w=60');
    expect(headers.get("ratelimit")).toBe('"address";r=119;t=3, "prices";r=28;t=3');
  });

  test("answers 429 if the route's own bucket is empty", async () => {
    const ofRoute = { ...bucket("prices", 30, 0), retryAfterSeconds: 4 };
    const { answers } = admitting({ ...bucket("address", 120, 119), ofRoute });
    const reply = await fakeContext(answers, described).send("/api/prices");
    expect(reply.headers.get("retry-after")).toBe("4");
    await problem(reply, 429, "rate_limited");
  });

  test("passes the cost of a request on for a key and for a token", async () => {
    const { given, answers } = admitting();
    const { send } = fakeContext(answers, described);
    await send("/api/costly-prices", { headers: KEY });
    await send("/api/costly-prices", { headers: { Authorization: "Bearer a.b.c" } });
    const routeLimit = { cost: 10 };
    expect(given).toEqual([{ hash: expect.any(String) as string, routeLimit }, { routeLimit }]);
  });

  test("is off while the general limit is off", async () => {
    vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "0");
    const { send, asked } = fakeContext({}, described);
    expect((await send("/api/prices")).headers.has("ratelimit")).toBe(false);
    expect(asked).toEqual([]);
  });

  test("is in the document", () => {
    const { description, ...members } = operation("/api/prices") ?? {};
    expect(members["x-rate-limit"]).toEqual({ bucket: "prices", perMinute: 30, cost: 2 });
    expect(description).toContain("30 requests a minute for each caller (`prices`)");
    expect(operation("/api/costly-prices")?.["description"]).toContain("counts as 10 requests");
  });
});

describe("the deadline of a route", () => {
  test("replaces REQUEST_TIMEOUT_MS", async () => {
    vi.stubEnv("REQUEST_TIMEOUT_MS", "20");
    vi.useFakeTimers();
    const { send } = fakeContext(() => new Promise(() => undefined), described);
    let replied = false;
    const reply = send("/api/slow-prices").finally(() => (replied = true));
    await vi.advanceTimersByTimeAsync(89_999);
    expect(replied).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect((await problem(reply, 503, "timed_out")).detail).toContain("90000 ms");
  });

  test("is in the document", () => {
    expect(operation("/api/slow-prices")).toMatchObject({
      "x-timeout-ms": 90_000,
      description: expect.stringContaining("Time limit: 90 s.") as string,
    });
  });
});

describe("the cache policy of a route", () => {
  const { send } = fakeContext(admitting().answers, described);
  const PUBLIC = "public, max-age=60, stale-while-revalidate=600";

  test.each<[string, number, RequestInit]>([
    ["a success", 200, {}],
    ["a reply to HEAD", 200, { method: "HEAD" }],
    ["an unchanged reply", 304, { headers: { "If-None-Match": '"1"' } }],
  ])("is on %s", async (_, status, init) => {
    const reply = await send("/api/cached-prices/a", init);
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([status, PUBLIC]);
  });

  test("is not on a problem", async () => {
    const reply = await send("/api/cached-prices/none");
    expect(reply.headers.get("cache-control")).toBe("no-cache");
    await problem(reply, 404, "not_found");
  });

  test("is private for a caller with a credential, and varies with the credential", async () => {
    const { headers } = await send("/api/own-prices", { headers: KEY });
    expect(headers.get("cache-control")).toBe("private, max-age=5, immutable");
    expect(headers.get("vary")).toContain("Authorization, X-API-Key");
    const refused = await send("/api/own-prices");
    expect(refused.headers.get("cache-control")).toBe("private, no-cache");
    await problem(refused, 401, "unauthenticated");
  });

  test("is in the document", () => {
    expect(operation("/api/cached-prices/{sku}")).toMatchObject({
      "x-cache": { maxAge: 60, staleWhileRevalidate: 600 },
      description: expect.stringContaining("Any cache may reuse the reply for 60 s.") as string,
    });
    expect(reply200("/api/own-prices")).toHaveProperty("Cache-Control");
  });
});

describe("the problems of a route", () => {
  const { send } = fakeContext({}, described);

  test("are documented on this route only, and the handler refuses with them", async () => {
    await problem(send("/api/failing-prices"), 403, "quota_exceeded");
    // The examples of a reply have the codes as their names.
    const documenting = described.operations.filter(({ responses }) =>
      JSON.stringify(responses["403"] ?? {}).includes('"quota_exceeded":{'),
    );
    expect(documenting.map(({ operationId }) => operationId)).toEqual(["listFailingPrices"]);
  });

  test("a problem that the contract does not declare fails the contract check", async () => {
    const undeclared = contract("get", "/undeclared-prices", () => ({
      ...{ operationId: "listUndeclaredPrices", scope: null, unlimited: true as const, docs },
    }));
    implement(api, undeclared, () => fail("precondition_failed", "Undeclared"));
    const [found] = describedBy(openApiDocument(INFO, [undeclared])).operations;
    const { status, headers } = await fakeContext().sendUnchecked("/undeclared-prices");
    const exchange = {
      method: "GET",
      path: "/undeclared-prices",
      request: undefined,
      status,
      headers,
      body: "",
    };
    expect(found && replyViolations(found, exchange)).toEqual(["status 412 is not documented"]);
  });
});

describe("the claims of a caller", () => {
  const asking = (identity: unknown) =>
    fakeContext(admitting().answers, described, { identity: () => identity });
  const TOKEN = { headers: { Authorization: "Bearer a.b.c" } };

  test("are those of its token", async () => {
    const { send } = asking({ subject: "a", org_role: "admin", other: 1 });
    expect(await json(send("/api/member-prices", TOKEN))).toEqual({ role: "admin" });
  });

  test("are absent for a token without them, and for a key", async () => {
    expect(await json(asking({ subject: "a" }).send("/api/member-prices", TOKEN))).toEqual({});
    const { send } = asking({ org_role: "admin" });
    expect(await json(send("/api/member-prices", { headers: KEY }))).toEqual({});
  });

  test("that do not fit their schema refuse the token, and only the log names the claim", async () => {
    const log = vi.spyOn(console, "log");
    const { send } = asking({ org_role: 7 });
    const { detail } = await problem(send("/api/member-prices", TOKEN), 403, "invalid_credential");
    expect(detail).toBe("Invalid token");
    expect(log.mock.calls.flat().join()).toContain("The claim org_role must be a string");
    log.mockRestore();
  });
});

describe("external work", () => {
  const order = (answer: () => unknown) => {
    const { send } = fakeContext({ ...admitting().answers, "orders:order": answer }, described);
    return send("/api/orders", { method: "POST", headers: { ...KEY, "Idempotency-Key": "a" } });
  };

  test("gets the key, and a replay is marked", async () => {
    const given = vi.fn<(args: unknown) => unknown>(() => ({ result: { price: 1 }, replayed: true }));
    const { send } = fakeContext({ ...admitting().answers, "orders:order": given }, described);
    const headers = { ...KEY, "Idempotency-Key": "a" };
    const reply = await send("/api/orders", { method: "POST", headers });
    expect([reply.status, reply.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect(given.mock.calls).toMatchObject([[{ idempotency: { key: "a", credential: "key:key1" } }]]);
  });

  test("that still runs is a conflict with Retry-After", async () => {
    const reply = await order(() => fail("conflict", "Running", { headers: { "Retry-After": "5" } }));
    expect(reply.headers.get("retry-after")).toBe("5");
    await problem(reply, 409, "conflict");
  });

  test("with an unknown outcome, or with a replayed failure, is documented", async () => {
    await problem(
      order(() => fail("outcome_unknown", "Unknown")),
      409,
      "outcome_unknown",
    );
    const replayed = await order(() =>
      fail("unavailable", "Sold out", { headers: { "Idempotency-Replayed": "true" } }),
    );
    await problem(replayed, 503, "unavailable");
  });
});

describe("a group", () => {
  const { send } = fakeContext(admitting().answers, described);

  test("gives its routes the prefix, the scope, the tag and the rate limit", async () => {
    expect(await json(send("/api/v2/abc/prices", { headers: KEY }))).toEqual({ price: 3 });
    await problem(send("/api/v2/abc/prices"), 401, "unauthenticated");
    expect(operation("/api/v2/{shop}/prices")).toMatchObject({
      tags: ["Version 2"],
      "x-rate-limit": { bucket: "v2", perMinute: 60 },
      security: [{ apiKey: ["jobs:read"] }, { bearer: ["jobs:read"] }],
    });
  });

  test("a route overrides what it says itself", async () => {
    expect(await json(send("/api/v2/abc/public-prices"))).toEqual({ price: 2 });
    expect(operation("/api/v2/{shop}/public-prices")).toMatchObject({ tags: ["Test"], security: [] });
  });
});
