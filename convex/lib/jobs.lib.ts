import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { deleteStoredText } from "./storedText.lib";

/** Deletes a job and its input. If the job is still running, its result is discarded. */
export async function deleteJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  await ctx.db.delete("jobs", job._id);
  await deleteStoredText(ctx, job.input);
}
