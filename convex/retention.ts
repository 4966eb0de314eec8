/** Deletes documents that no request needs any more, after the days that the settings name, in batches. */
import { v, type Infer } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, type MutationCtx } from "./_generated/server";
import { retentionDays } from "./lib/env.lib";
import { deleteJob } from "./lib/jobs.lib";
import { deleteStoredText } from "./lib/storedText.lib";
import { giveBack } from "./lib/usage.lib";

const kind = v.union(
  v.literal("jobs"),
  v.literal("keys"),
  v.literal("webhookEvents"),
  v.literal("auditEvents"),
);
type Kind = Infer<typeof kind>;

/** Documents that one transaction deletes. It may read 16 MiB, and a document without a payload has some KiB at most. */
const BATCH = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Starts the deletion of each kind of documents. A cron calls it. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    for (const one of Object.keys(DELETE) as Kind[])
      if (retentionDays[one]() > 0) await ctx.scheduler.runAfter(0, internal.retention.purge, { kind: one });
    return null;
  },
});

/** Deletes a batch of one kind, and schedules the next one. */
export const purge = internalMutation({
  args: { kind },
  returns: v.null(),
  handler: async (ctx, { kind: one }) => {
    const days = retentionDays[one]();
    if (days === 0) return null;
    const isDone = await DELETE[one](ctx, Date.now() - days * DAY_MS);
    if (!isDone) await ctx.scheduler.runAfter(0, internal.retention.purge, { kind: one });
    return null;
  },
});

/** Each deletes a batch of documents from before a time, and returns true if none is left. */
const DELETE: Record<Kind, (ctx: MutationCtx, before: number) => Promise<boolean>> = {
  /** Ended jobs, by their creation: a job ends within minutes. */
  jobs: async (ctx, before) => {
    let isDone = true;
    for (const status of ["succeeded", "failed"] as const) {
      const ended = await ctx.db
        .query("jobs")
        .withIndex("by_status", (q) => q.eq("status", status).lt("_creationTime", before))
        .take(BATCH);
      for (const job of ended) await deleteJob(ctx, job);
      if (ended.length === BATCH) isDone = false;
    }
    return isDone;
  },
  /** Revoked and expired keys. */
  keys: async (ctx, before) => {
    const keys = ctx.db.query("apiKeys");
    const revoked = await keys
      .withIndex("by_revoked_at", (q) => q.gt("revokedAt", 0).lt("revokedAt", before))
      .take(BATCH);
    for (const { _id } of revoked) await ctx.db.delete("apiKeys", _id);
    const expired = await ctx.db
      .query("apiKeys")
      .withIndex("by_expires_at", (q) => q.gt("expiresAt", 0).lt("expiresAt", before))
      .take(BATCH);
    for (const key of expired) {
      await ctx.db.delete("apiKeys", key._id);
      if (key.revokedAt === undefined) await giveBack(ctx, "keys", key);
    }
    return revoked.length < BATCH && expired.length < BATCH;
  },
  /** Received events whose payload was purged or erased. GitHub's events are among them. */
  webhookEvents: async (ctx, before) => {
    const old = await ctx.db
      .query("webhookEvents")
      .withIndex("by_purge", (q) => q.eq("purgeAt", undefined).lt("_creationTime", before))
      .take(BATCH);
    const ended = old.filter(({ status }) => status !== "pending");
    for (const { _id, payload } of ended) {
      await ctx.db.delete("webhookEvents", _id);
      await deleteStoredText(ctx, payload);
    }
    // If all are pending, the next batch would be the same.
    return old.length < BATCH || ended.length === 0;
  },
  auditEvents: async (ctx, before) => {
    const old = await ctx.db
      .query("auditEvents")
      .withIndex("by_creation_time", (q) => q.lt("_creationTime", before))
      .take(BATCH);
    for (const { _id } of old) await ctx.db.delete("auditEvents", _id);
    return old.length < BATCH;
  },
};
