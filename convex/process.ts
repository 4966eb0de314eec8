import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction } from "./_generated/server";
import { digest, digestResult, type Digest } from "./lib/digest.lib";
import { readText } from "./lib/textStorage.lib";

/** Computes the digest of `/api/process` synchronously. `text` is the JSON text of the data. */
export const handle = internalAction({
  args: { text: v.string() },
  returns: digestResult,
  handler: (_ctx, { text }): Promise<Digest> => digest(text),
});

/** Runs a queued job, and records its outcome. Does nothing if the job has already started. */
export const work = internalAction({
  args: { jobId: v.id("jobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }): Promise<null> => {
    const input = await ctx.runMutation(internal.jobs.take, { jobId });
    if (!input) return null;
    const text = await readText(ctx.storage, input);
    const outcome =
      text === undefined
        ? { error: "The input of the job has been deleted" }
        : { result: await digest(text) };
    await ctx.runMutation(internal.jobs.end, { jobId, outcome });
    return null;
  },
});
