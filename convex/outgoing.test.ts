/** Webhooks out at the level of functions: the outbox, its limits, retention and erasure. Nothing is sent. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { deleteEvents } from "./outgoing/delivery.lib";
import { emit } from "./outgoing/emit.lib";
import { unseal } from "./outgoing/seal.lib";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");
const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

type Tables = "outgoingEvents" | "webhookDeliveries" | "webhookEndpoints" | "webhookSenders";

/** A deployment with one user, whose endpoints lead to a port on which no program listens. */
async function deployment({ endpoints = 0, events = ["*"] }: { endpoints?: number; events?: string[] } = {}) {
  const t = convexTest(schema, modules);
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const ownerId = result._id;
  const caller = { userId: ownerId, scopes: ["*"], credential: "user:ada" };
  const subscribe = async () => {
    const { result: made } = await t.mutation(internal.outgoing.endpoints.create, {
      caller,
      ...{ url: "http://127.0.0.1:65535/", events, sealed: "clear:whsec_AAAA" },
    });
    return made._id;
  };
  const ids: Id<"webhookEndpoints">[] = [];
  for (let n = 0; n < endpoints; n++) ids.push(await subscribe());
  const count = (table: Tables) => t.run(async (ctx) => (await ctx.db.query(table).collect()).length);
  const scheduled = () =>
    t.run(async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).length);
  const key = (ctx: MutationCtx) => newKey(ctx, ownerId);
  const fanOut = async () => {
    const batches = await t.run(async (ctx) =>
      (await ctx.db.query("outgoingEvents").collect()).map(({ batch }) => batch ?? ""),
    );
    for (const batch of new Set(batches))
      if (batch !== "") await t.mutation(internal.outgoing.fanOut.run, { batch });
  };
  /** Creates a key, and the deliveries of its event. */
  const emitted = async () => {
    await t.run(async (ctx) => emit(ctx, "key.created", await key(ctx)));
    await fanOut();
  };
  const lanes = () => t.run((ctx) => ctx.db.query("webhookLanes").collect());
  const lane = async () => (await lanes())[0] ?? Promise.reject(new Error("no lane"));
  const sender = () => t.run((ctx) => ctx.db.query("webhookSenders").first());
  return { t, ownerId, caller, ids, subscribe, count, scheduled, key, fanOut, emitted, lanes, lane, sender };
}

/** The arguments of a turn, without what the lane serves. */
const turnOf = (laneId: Id<"webhookLanes">, run: number) => ({
  ...{ laneId, run, characters: 0, idleMs: 0, last: false },
});

/** A key, except for its owner. Its owner may grant its scope. */
const KEY = { name: "partner", publicId: "", hash: "", scopes: ["keys:read"] };

async function newKey(ctx: MutationCtx, ownerId: Id<"users">) {
  const id = await ctx.db.insert("apiKeys", { ...KEY, userId: ownerId, createdAt: 0, revision: 1 });
  const key = await ctx.db.get("apiKeys", id);
  if (!key) throw new Error("missing");
  return key;
}

test("reseal encrypts the secrets of all endpoints with the first key, also beyond one page", async () => {
  const { t } = await deployment({ endpoints: 1 });
  const [old, current] = ["o", "c"].map((byte) => btoa(byte.repeat(32)));
  await t.run(async (ctx) => {
    const [first] = await ctx.db.query("webhookEndpoints").collect();
    if (!first) throw new Error("missing");
    const { _id, _creationTime, ...endpoint } = first;
    for (let n = 0; n < 204; n++) await ctx.db.insert("webhookEndpoints", endpoint);
  });
  const reseal = (keys: string) => {
    vi.stubEnv("SECRETS_KEY", keys);
    return t.action(internal.outgoing.secrets.reseal, {});
  };
  const opened = async (keys: string) => {
    vi.stubEnv("SECRETS_KEY", keys);
    const stored = await t.run(async (ctx) =>
      (await ctx.db.query("webhookEndpoints").collect()).flatMap(({ secrets }) => secrets),
    );
    return new Set(await Promise.all(stored.map(({ sealed }) => unseal(sealed))));
  };
  expect(await reseal(`${old}`)).toBe(205);
  expect(await reseal(`${current},${old}`)).toBe(205);
  expect(await opened(`${current}`)).toEqual(new Set(["whsec_AAAA"]));
  expect(await reseal(`${current}`)).toBe(0);
});

test("without a subscription, an event writes and schedules nothing", async () => {
  const { t, caller, count, scheduled } = await deployment({ endpoints: 2, events: ["file.*"] });
  await t.mutation(internal.apiKeys.create, { caller, ...KEY });
  await t.mutation(internal.users.register, { name: "bob", email: "bob@example.com" });
  expect([await count("outgoingEvents"), await scheduled()]).toEqual([0, 0]);
});

test("a hundred events of a transaction are scheduled once, and reach each of 20 endpoints", async () => {
  const { t, count, scheduled, key, fanOut } = await deployment({ endpoints: 20, events: ["key.*"] });
  await t.run(async (ctx) => {
    for (let n = 0; n < 100; n++) await emit(ctx, "key.created", await key(ctx));
  });
  expect([await count("outgoingEvents"), await scheduled()]).toEqual([100, 1]);
  for (let n = 0; n < 10; n++) await fanOut();
  expect(await count("webhookDeliveries")).toBe(2_000);
  const senders = await t.run((ctx) => ctx.db.query("webhookSenders").collect());
  expect(new Set(senders.map(({ pending }) => pending))).toEqual(new Set([100]));
});

test("a transaction that rolls back leaves no event and no schedule", async () => {
  const { t, count, scheduled, key } = await deployment({ endpoints: 1 });
  const failing = t.run(async (ctx) => {
    await emit(ctx, "key.created", await key(ctx));
    throw new Error("changed its mind");
  });
  await expect(failing).rejects.toThrow("changed its mind");
  expect([await count("outgoingEvents"), await scheduled()]).toEqual([0, 0]);
});

test("a fan-out that was lost is started by the sweep", async () => {
  const { t, ownerId, count } = await deployment({ endpoints: 1 });
  await t.run((ctx) =>
    ctx.db.insert("outgoingEvents", {
      ...{ type: "key.revoked", ownerId, time: 0, data: '{"id":"x"}', batch: "lost", purgeAt: 1e15 },
      dueAt: Date.now() - 1,
    }),
  );
  await t.mutation(internal.outgoing.queue.sweep, {});
  vi.advanceTimersByTime(0);
  await t.finishInProgressScheduledFunctions();
  expect(await count("webhookDeliveries")).toBe(1);
});

test("at 10,000 pending deliveries an endpoint is disabled, and the others go on", async () => {
  const { t, ids, key, fanOut, count } = await deployment({ endpoints: 2 });
  const [full] = ids;
  if (!full) throw new Error("missing");
  await t.run(async (ctx) => {
    const sender = await ctx.db
      .query("webhookSenders")
      .withIndex("by_endpoint", (q) => q.eq("endpointId", full))
      .unique();
    if (sender) await ctx.db.patch("webhookSenders", sender._id, { pending: 10_000, state: "running" });
    await emit(ctx, "key.created", await key(ctx));
  });
  await fanOut();
  const endpoints = await t.run((ctx) => ctx.db.query("webhookEndpoints").collect());
  expect(endpoints.map(({ enabled, disabledReason }) => [enabled, disabledReason])).toEqual([
    [false, "10000 deliveries were pending"],
    [true, undefined],
  ]);
  expect(await count("webhookDeliveries")).toBe(1);
});

test("an action that lost its turn records its outcomes and gets nothing more to send", async () => {
  const { t, ids, lane, emitted } = await deployment({ endpoints: 1 });
  const [endpointId] = ids;
  if (!endpointId) throw new Error("missing");
  await emitted();
  const { _id: laneId } = await lane();
  const next = (run: number, outcomes: { deliveryId: Id<"webhookDeliveries">; tries: number }[] = []) =>
    t.mutation(internal.outgoing.queue.next, {
      ...turnOf(laneId, run),
      served: [
        {
          endpointId,
          outcomes: outcomes.map((one) => ({
            ...one,
            attempt: { at: 0, status: 204, durationMs: 1 },
            succeeded: true,
          })),
          sending: [],
        },
      ],
    });
  const batch = await next(1);
  const [delivery] = batch?.deliveries ?? [];
  expect(delivery?.tries).toBe(0);
  if (!delivery) return;
  expect(await next(0, [{ deliveryId: delivery.deliveryId, tries: 1 }])).toBeNull();
  const read = () => t.run((ctx) => ctx.db.get("webhookDeliveries", delivery.deliveryId));
  expect((await read())?.status).toBe("pending");
  expect(await next(0, [{ deliveryId: delivery.deliveryId, tries: 0 }])).toBeNull();
  expect((await read())?.status).toBe("succeeded");
});

test("a lane sends to several endpoints, gives each a few requests at a time, and returns each body once", async () => {
  const { t, ids, lane, key, fanOut } = await deployment({ endpoints: 3 });
  await t.run(async (ctx) => {
    for (let n = 0; n < 8; n++) await emit(ctx, "key.created", await key(ctx));
  });
  await fanOut();
  const { _id: laneId } = await lane();
  const turn = turnOf(laneId, 1);
  const first = await t.mutation(internal.outgoing.queue.next, { ...turn, served: [] });
  const perEndpoint = (batch: typeof first) =>
    ids.map((id) => batch?.deliveries.filter(({ endpointId }) => endpointId === id).length);
  expect([perEndpoint(first), first?.events.length, first?.endpoints.length]).toEqual([[6, 6, 6], 6, 3]);
  const sending = (id: Id<"webhookEndpoints">) =>
    (first?.deliveries ?? []).flatMap(({ endpointId, deliveryId }) =>
      endpointId === id ? [deliveryId] : [],
    );
  // A delivery in flight is not sent again, although nothing in the database marks it.
  const again = await t.mutation(internal.outgoing.queue.next, {
    ...turn,
    served: ids.map((endpointId) => ({ endpointId, outcomes: [], sending: sending(endpointId) })),
  });
  expect(again?.deliveries).toEqual([]);
  const [endpointId] = ids;
  if (!endpointId) throw new Error("missing");
  const [ended, ...rest] = sending(endpointId);
  if (!ended) throw new Error("missing");
  const outcome = {
    deliveryId: ended,
    tries: 0,
    succeeded: true,
    attempt: { at: 0, status: 204, durationMs: 1 },
  };
  const more = await t.mutation(internal.outgoing.queue.next, {
    ...turn,
    served: ids.map((id) => ({
      endpointId: id,
      outcomes: id === endpointId ? [outcome] : [],
      sending: id === endpointId ? rest : sending(id),
    })),
  });
  expect(perEndpoint(more)).toEqual([1, 0, 0]);
});

test("a full lane starts another, and three lanes are the most", async () => {
  const { t, lanes, key, fanOut } = await deployment({ endpoints: 20 });
  await t.run(async (ctx) => {
    for (let n = 0; n < 8; n++) await emit(ctx, "key.created", await key(ctx));
  });
  await fanOut();
  expect(await lanes()).toHaveLength(1);
  // Each gives six requests to an endpoint, and the last one has the rest.
  for (const [count, taken] of [
    [2, 40],
    [3, 40],
    [3, 36],
  ] as const) {
    const { _id: laneId } = (await lanes()).at(-1) ?? {};
    if (!laneId) throw new Error("missing");
    const batch = await t.mutation(internal.outgoing.queue.next, { ...turnOf(laneId, 1), served: [] });
    expect(batch?.deliveries).toHaveLength(taken);
    expect(await lanes()).toHaveLength(count);
  }
});

test("the action of a busy lane waits for more before it ends", async () => {
  const { t, ids, lane, emitted } = await deployment({ endpoints: 1 });
  const [endpointId] = ids;
  if (!endpointId) throw new Error("missing");
  for (const [run, pause, busy] of [
    [1, 500, false],
    [2, 2_000, true],
    [3, 0, false],
  ] as const) {
    await emitted();
    const { _id: laneId } = await lane();
    const next = (rest: object) =>
      t.mutation(internal.outgoing.queue.next, { ...turnOf(laneId, run), served: [], ...rest });
    const [delivery] = (await next({}))?.deliveries ?? [];
    if (!delivery) throw new Error("missing");
    const attempt = { at: 0, status: 204, durationMs: 1 };
    const outcome = { deliveryId: delivery.deliveryId, tries: 0, succeeded: true, attempt };
    const after = await next({ served: [{ endpointId, outcomes: [outcome], sending: [] }] });
    expect(after).toEqual(busy ? { endpoints: [], events: [], deliveries: [], paceMs: 100 } : null);
    expect(await next({ idleMs: 400 })).toBeNull();
    expect(await lane()).not.toHaveProperty("job");
    vi.setSystemTime(Date.now() + pause);
  }
});

test("a slow endpoint moves to a lane for slow ones once nothing is in flight", async () => {
  const { t, ids, lanes, key, fanOut, sender } = await deployment({ endpoints: 1 });
  const [endpointId] = ids;
  if (!endpointId) throw new Error("missing");
  await t.run(async (ctx) => {
    for (let n = 0; n < 8; n++) await emit(ctx, "key.created", await key(ctx));
  });
  await fanOut();
  const [fast] = await lanes();
  if (!fast) throw new Error("missing");
  const turn = turnOf(fast._id, 1);
  const batch = await t.mutation(internal.outgoing.queue.next, { ...turn, served: [] });
  const [ended, ...sending] = (batch?.deliveries ?? []).map(({ deliveryId }) => deliveryId);
  if (!ended) throw new Error("missing");
  const outcomeOf = (deliveryId: Id<"webhookDeliveries">) => ({
    ...{ deliveryId, tries: 0, succeeded: true },
    attempt: { at: 0, status: 204, durationMs: 3_000 },
  });
  const draining = await t.mutation(internal.outgoing.queue.next, {
    ...turn,
    served: [{ endpointId, outcomes: [outcomeOf(ended)], sending }],
  });
  expect(draining?.deliveries).toEqual([]);
  expect(await sender()).toMatchObject({ state: "running", lane: fast._id, slow: true });
  const end = await t.mutation(internal.outgoing.queue.next, {
    ...turn,
    served: [{ endpointId, outcomes: sending.map(outcomeOf), sending: [] }],
  });
  expect(end).toBeNull();
  expect(await sender()).toMatchObject({ state: "waiting", pending: 2 });
  const [, slow] = await lanes();
  expect(slow).toMatchObject({ slow: true, run: 1 });
});

test("a lane whose action died is started again after its lease, or at once if its function has failed", async () => {
  const { t, lane, emitted, sender } = await deployment({ endpoints: 1 });
  await emitted();
  expect(await lane()).toMatchObject({ run: 1 });
  const { _id: laneId } = await lane();
  await t.mutation(internal.outgoing.queue.next, { ...turnOf(laneId, 1), served: [] });
  expect(await sender()).toMatchObject({ state: "running", lane: laneId });
  await t.mutation(internal.outgoing.queue.sweep, {});
  expect(await lane()).toMatchObject({ run: 1 });
  vi.setSystemTime(Date.now() + 61_000);
  await t.mutation(internal.outgoing.queue.sweep, {});
  expect(await lane()).toMatchObject({ run: 2 });
  expect(await sender()).toMatchObject({ state: "waiting" });
  await t.mutation(internal.outgoing.queue.next, { ...turnOf(laneId, 2), served: [] });
  await t.run(async (ctx) => {
    const { job } = (await ctx.db.query("webhookLanes").first()) ?? {};
    if (job) await ctx.scheduler.cancel(job);
  });
  await emitted();
  expect(await lane()).toMatchObject({ run: 3 });
  expect(await sender()).toMatchObject({ state: "waiting", pending: 2 });
});

test("a queue that ran without a lane, as earlier builds left it, is taken up by the sweep", async () => {
  const { t, lane, emitted, sender } = await deployment({ endpoints: 1 });
  await emitted();
  await t.run(async (ctx) => {
    for (const { _id } of await ctx.db.query("webhookLanes").collect())
      await ctx.db.delete("webhookLanes", _id);
    const { _id } = (await ctx.db.query("webhookSenders").first()) ?? {};
    if (_id) await ctx.db.patch("webhookSenders", _id, { state: "running", run: 3, dueAt: Date.now() + 1 });
  });
  await t.mutation(internal.outgoing.queue.sweep, {});
  expect(await sender()).toMatchObject({ state: "waiting" });
  expect(await lane()).toMatchObject({ run: 1 });
});

test("leases from before the clock was set back count as ended", async () => {
  const { t, ownerId, lane, emitted, count } = await deployment({ endpoints: 1 });
  await emitted();
  await t.run((ctx) =>
    ctx.db.insert("outgoingEvents", {
      ...{ type: "key.revoked", ownerId, time: 0, data: '{"id":"x"}', batch: "lost", purgeAt: 1e15 },
      dueAt: Date.now() + 60_000,
    }),
  );
  await t.mutation(internal.outgoing.queue.sweep, {});
  expect(await lane()).toMatchObject({ run: 1 });
  vi.setSystemTime(Date.now() - 2 * DAY_MS);
  await t.mutation(internal.outgoing.queue.sweep, {});
  expect(await lane()).toMatchObject({ run: 2 });
  // A new delivery does not need the sweep.
  vi.setSystemTime(Date.now() - 2 * DAY_MS);
  await emitted();
  expect(await lane()).toMatchObject({ run: 3 });
  vi.advanceTimersByTime(0);
  await t.finishInProgressScheduledFunctions();
  expect(await count("webhookDeliveries")).toBe(3);
});

test("events and deliveries are deleted after their retention, and a pending one is not counted any more", async () => {
  const { t, key, fanOut, count } = await deployment({ endpoints: 3 });
  await t.run(async (ctx) => emit(ctx, "key.created", await key(ctx)));
  await fanOut();
  vi.setSystemTime(Date.now() + 29 * DAY_MS);
  await t.mutation(internal.outgoing.cleanUp.purge, {});
  expect(await count("outgoingEvents")).toBe(1);
  vi.setSystemTime(Date.now() + 2 * DAY_MS);
  await t.mutation(internal.outgoing.cleanUp.purge, {});
  expect([await count("outgoingEvents"), await count("webhookDeliveries")]).toEqual([0, 0]);
  const senders = await t.run((ctx) => ctx.db.query("webhookSenders").collect());
  expect(senders.map(({ pending }) => pending)).toEqual([0, 0, 0]);
});

test("an event with more deliveries than one transaction deletes goes in several", async () => {
  const { t, key, fanOut, count } = await deployment({ endpoints: 1 });
  await t.run(async (ctx) => emit(ctx, "key.created", await key(ctx)));
  await fanOut();
  await t.run(async (ctx) => {
    const [delivery] = await ctx.db.query("webhookDeliveries").collect();
    if (!delivery) return;
    const { _id: _, _creationTime: __, ...copy } = delivery;
    for (let n = 1; n < 700; n++) await ctx.db.insert("webhookDeliveries", copy);
  });
  const remove = () =>
    t.run(async (ctx) => deleteEvents(ctx, await ctx.db.query("outgoingEvents").collect()));
  expect([await remove(), await count("webhookDeliveries")]).toEqual([{ isDone: false }, 200]);
  expect([await remove(), await count("outgoingEvents")]).toEqual([{ isDone: true }, 0]);
});

test("deleting a user erases the events about the user, but not the event of the deletion", async () => {
  const { t, count, fanOut } = await deployment({ endpoints: 1 });
  await t.mutation(internal.users.setScopes, { email: "ada@example.com", scopes: ["users:read"] });
  const { result: bob } = await t.mutation(internal.users.register, {
    name: "bob",
    email: "bob@example.com",
  });
  await t.mutation(internal.users.edit, { userId: bob._id, name: "Robert" });
  await fanOut();
  expect([await count("outgoingEvents"), await count("webhookDeliveries")]).toEqual([2, 2]);
  await t.mutation(internal.users.erase, { userId: bob._id });
  await fanOut();
  await t.mutation(internal.users.eraseOwned, { userId: bob._id });
  const left = await t.run((ctx) => ctx.db.query("outgoingEvents").collect());
  expect(left.map(({ type, data }) => [type, data])).toEqual([["user.deleted", `{"id":"${bob._id}"}`]]);
  expect(await count("webhookDeliveries")).toBe(1);
});
