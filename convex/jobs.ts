import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx } from "./_generated/server";
import { digestResult } from "./lib/digest.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { listBy } from "./lib/list.lib";
import { getOwned } from "./lib/owned.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { deleteStoredText, storedText } from "./lib/storedText.lib";
import { readBack } from "./lib/readBack.lib";
import { emit } from "./outgoing/emit.lib";
import schema from "./schema";

/** A job without its input. The input may be large, and only the work needs it. */
const job = schema.doc("jobs").omit("input");
const { status } = job.fields;
const withoutInput = ({ input: _, ...rest }: Doc<"jobs">): Omit<Doc<"jobs">, "input"> => rest;

export const get = internalQuery({
  args: { ownerId: v.id("users"), jobId: v.string() },
  returns: job,
  handler: async (ctx, { ownerId, jobId }) => withoutInput(await getOwned(ctx, "jobs", ownerId, jobId)),
});

export const list = internalQuery({
  args: { ownerId: v.id("users"), status: v.optional(status), ...pageArgs },
  returns: pageOf(job),
  handler: async (ctx, { ownerId, status: wanted, ...page }) => {
    const { docs, ...rest } = await listBy(ctx, "jobs", { ownerId, status: wanted }, page);
    return { docs: docs.map(withoutInput), ...rest };
  },
});

/** Milliseconds after which an unfinished job fails. An action runs at most once, and its process may crash. */
const GIVE_UP_MS = 15 * 60 * 1000;
/** Milliseconds by which the scheduler may be late. A larger delay means that nothing ran, such as during an outage. */
const LATE_MS = 60 * 1000;

/** Records a job and schedules its work, in one transaction. */
export const enqueue = internalMutation({
  args: { ownerId: v.id("users"), input: storedText, ...idempotencyArg },
  returns: onceOf(job),
  handler: async (ctx, { idempotency, ...args }) => {
    const enqueued = await once(ctx, idempotency, async () => {
      const jobId = await ctx.db.insert("jobs", { ...args, status: "queued", revision: 1 });
      await ctx.scheduler.runAfter(0, internal.process.work, { jobId });
      await giveUpLater(ctx, jobId);
      return withoutInput(await readBack(ctx, "jobs", jobId));
    });
    if (enqueued.replayed) await deleteStoredText(ctx, args.input);
    return enqueued;
  },
});

/** Stores the result of synchronous work, for duplicates of its request. */
export const remember = internalMutation({
  args: { result: digestResult, ...idempotencyArg },
  returns: onceOf(digestResult),
  handler: (ctx, { idempotency, result }) => once(ctx, idempotency, () => Promise.resolve(result)),
});

/** Starts a queued job, and returns its input. Returns null if the job does not exist or has already started. */
export const take = internalMutation({
  args: { jobId: v.id("jobs") },
  returns: v.union(v.null(), storedText),
  handler: async (ctx, { jobId }) => {
    const found = await ctx.db.get("jobs", jobId);
    if (found?.status !== "queued" || !found.input) return null;
    await ctx.db.patch("jobs", jobId, { status: "running", revision: found.revision + 1 });
    return found.input;
  },
});

/** Ends a running job with its result, or with an error message for its owner. */
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

/**
 * Fails a job that has not ended within `GIVE_UP_MS`. If this call itself is late, the deployment was down, and the work could
 * not run either. The job then gets the whole time again.
 */
export const giveUp = internalMutation({
  args: { jobId: v.id("jobs"), dueAt: v.number() },
  returns: v.null(),
  handler: async (ctx, { jobId, dueAt }) => {
    const found = await ctx.db.get("jobs", jobId);
    if (found?.status !== "queued" && found?.status !== "running") return null;
    if (Date.now() - dueAt > LATE_MS) await giveUpLater(ctx, jobId);
    else await finish(ctx, found, { error: "The job did not finish in time" });
    return null;
  },
});

async function giveUpLater(ctx: MutationCtx, jobId: Id<"jobs">): Promise<void> {
  const dueAt = Date.now() + GIVE_UP_MS;
  await ctx.scheduler.runAt(dueAt, internal.jobs.giveUp, { jobId, dueAt });
}

async function finish(
  ctx: MutationCtx,
  found: Doc<"jobs">,
  outcome: { result: NonNullable<Doc<"jobs">["result"]> } | { error: string },
): Promise<void> {
  const status = "result" in outcome ? "succeeded" : "failed";
  await ctx.db.patch("jobs", found._id, {
    ...outcome,
    status,
    input: undefined,
    revision: found.revision + 1,
  });
  await deleteStoredText(ctx, found.input);
  await emit(ctx, `job.${status}`, { ...found, ...outcome, status });
}
