import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { deleteStoredText } from "./storedText.lib";

/** Deletes a job with its input. Work that is still running then finds no job to end. */
export async function deleteJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  await ctx.db.delete("jobs", job._id);
  await deleteStoredText(ctx, job.input);
}
