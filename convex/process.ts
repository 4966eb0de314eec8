import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction } from "./_generated/server";
import { digest, digestResult, type Digest } from "./lib/digest.lib";
import { readText } from "./lib/textStorage.lib";

/** Does the work of `/api/process` at once. `text` is the JSON text of the data. */
export const handle = internalAction({
  args: { text: v.string() },
  returns: digestResult,
  handler: (_ctx, { text }): Promise<Digest> => digest(text),
});

/** Does the work of a job, and records how it ended. */
export const work = internalAction({
  args: { jobId: v.id("jobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }): Promise<null> => {
    const input = await ctx.runMutation(internal.jobs.take, { jobId });
    if (!input) return null;
    const text = await readText(ctx.storage, input);
    const outcome = text === undefined ? { error: "The input is gone" } : { result: await digest(text) };
    await ctx.runMutation(internal.jobs.end, { jobId, outcome });
    return null;
  },
});
