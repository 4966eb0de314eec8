import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import {
  externalState,
  idempotency,
  recordOf,
  refuseWithoutResult,
  RETENTION_MS,
  store,
} from "./lib/idempotency.lib";
import { readResult, storeResult } from "./lib/storedResult.lib";

/** The number of keys that one transaction deletes. */
const BATCH = 500;
/** The number of parts of long results that one transaction deletes. It reads up to 900 kB for each, of 16 MiB allowed. */
const PARTS = 10;

/** Deletes expired idempotency keys and the parts of their results, in batches. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const before = Date.now() - RETENTION_MS;
    // Keys first: a replay must not find a key whose parts are gone.
    const keys = await ctx.db
      .query("idempotencyKeys")
      .withIndex("by_created_at", (q) => q.lt("createdAt", before))
      .take(BATCH);
    for (const { _id } of keys) await ctx.db.delete("idempotencyKeys", _id);
    if (keys.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.idempotency.purge, {});
      return null;
    }
    const parts = await ctx.db
      .query("idempotencyParts")
      .withIndex("by_created_at", (q) => q.lt("createdAt", before))
      .take(PARTS);
    for (const { _id } of parts) await ctx.db.delete("idempotencyParts", _id);
    if (parts.length === PARTS) await ctx.scheduler.runAfter(0, internal.idempotency.purge, {});
    return null;
  },
});

/**
 * Records that external work begins, before it begins. Returns the id of the record, or the result of an earlier request. Refuses
 * while an earlier request runs, and if its outcome is a failure or unknown (`onceExternal`).
 */
export const begin = internalMutation({
  args: { request: idempotency, timeLimitMs: v.number() },
  returns: v.object({ id: v.id("idempotencyKeys"), result: v.optional(v.string()) }),
  handler: async (ctx, { request, timeLimitMs }) => {
    const { record, isCurrent } = await recordOf(ctx, request);
    if (record && isCurrent) {
      if (record.result === undefined) refuseWithoutResult(record.external);
      return { id: record._id, result: await readResult(ctx, record) };
    }
    const until = Date.now() + timeLimitMs;
    return { id: await store(ctx, record, { ...request, external: { kind: "running", until } }) };
  },
});

/** Records how external work ended. Does nothing if the record was purged. */
export const end = internalMutation({
  args: {
    id: v.id("idempotencyKeys"),
    outcome: v.union(v.object({ result: v.string() }), v.object({ external: externalState })),
  },
  returns: v.null(),
  handler: async (ctx, { id, outcome }) => {
    if (!(await ctx.db.get("idempotencyKeys", id))) return null;
    const fields = "result" in outcome ? await storeResult(ctx, outcome.result) : outcome;
    await ctx.db.patch("idempotencyKeys", id, { external: undefined, ...fields });
    return null;
  },
});

/** Forgets external work that did not happen, so that a retry runs it. */
export const release = internalMutation({
  args: { id: v.id("idempotencyKeys") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    if (await ctx.db.get("idempotencyKeys", id)) await ctx.db.delete("idempotencyKeys", id);
    return null;
  },
});
