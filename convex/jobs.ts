import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx } from "./_generated/server";
import { digestResult } from "./lib/digest.lib";
import { fail } from "./lib/failure.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { freeInput } from "./lib/jobs.lib";
import { written } from "./lib/written.lib";
import schema from "./schema";

const job = schema.doc("jobs");
const input = v.union(v.object({ text: v.string() }), v.object({ storageId: v.id("_storage") }));

export const get = internalQuery({
  args: { ownerId: v.id("users"), jobId: v.string() },
  returns: job,
  handler: async (ctx, { ownerId, jobId }) => {
    const id = ctx.db.normalizeId("jobs", jobId);
    const found = id && (await ctx.db.get("jobs", id));
    return found?.ownerId === ownerId ? found : fail("not_found", `No job ${jobId}`);
  },
});

/** Milliseconds after which a job that has not ended is given up: an action runs at most once, and may die on the way. */
const GIVE_UP_MS = 15 * 60 * 1000;

/** Records a job and schedules its work, in one transaction. */
export const enqueue = internalMutation({
  args: { ownerId: v.id("users"), input, ...idempotencyArg },
  returns: onceOf(job),
  handler: async (ctx, { idempotency, ...args }) => {
    const made = await once(ctx, idempotency, async () => {
      const jobId = await ctx.db.insert("jobs", { ...args, status: "queued", revision: 1 });
      await ctx.scheduler.runAfter(0, internal.process.work, { jobId });
      await ctx.scheduler.runAfter(GIVE_UP_MS, internal.jobs.giveUp, { jobId });
      return written(ctx, "jobs", jobId);
    });
    if (made.replayed) await freeInput(ctx, args.input);
    return made;
  },
});

/** Remembers the result of work that was done at once, for the duplicates of its request. */
export const remember = internalMutation({
  args: { result: digestResult, ...idempotencyArg },
  returns: onceOf(digestResult),
  handler: (ctx, { idempotency, result }) => once(ctx, idempotency, () => Promise.resolve(result)),
});

/** Hands a queued job to the work, once: null when it is not there, or has been taken. */
export const take = internalMutation({
  args: { jobId: v.id("jobs") },
  returns: v.union(v.null(), input),
  handler: async (ctx, { jobId }) => {
    const found = await ctx.db.get("jobs", jobId);
    if (found?.status !== "queued" || !found.input) return null;
    await ctx.db.patch("jobs", jobId, { status: "running", revision: found.revision + 1 });
    return found.input;
  },
});

/** Ends a running job with its result, or with what went wrong, in words for its owner. */
export const end = internalMutation({
  args: {
    jobId: v.id("jobs"),
    outcome: v.union(v.object({ result: digestResult }), v.object({ error: v.string() })),
  },
  returns: v.null(),
  handler: async (ctx, { jobId, outcome }) => {
    const found = await ctx.db.get("jobs", jobId);
    if (found?.status === "running") await finish(ctx, found, outcome);
    return null;
  },
});

/** Fails a job that nothing has ended in all that time. */
export const giveUp = internalMutation({
  args: { jobId: v.id("jobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }) => {
    const found = await ctx.db.get("jobs", jobId);
    if (found && (found.status === "queued" || found.status === "running")) {
      await finish(ctx, found, { error: "The work did not end in time" });
    }
    return null;
  },
});

async function finish(
  ctx: MutationCtx,
  found: Doc<"jobs">,
  outcome: { result: NonNullable<Doc<"jobs">["result"]> } | { error: string },
): Promise<void> {
  await ctx.db.patch("jobs", found._id, {
    ...outcome,
    status: "result" in outcome ? "succeeded" : "failed",
    input: undefined,
    revision: found.revision + 1,
  });
  await freeInput(ctx, found.input);
}
