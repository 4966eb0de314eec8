import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { deleteBytes } from "./files.lib";

export type JobInput = NonNullable<Doc<"jobs">["input"]>;

/** Frees the bytes of an input that did not fit its document. */
export async function freeInput(ctx: MutationCtx, input: JobInput | undefined): Promise<void> {
  if (input && "storageId" in input) await deleteBytes(ctx, input.storageId);
}

/** Removes a job with its input. Work that is under way finds nothing to end. */
export async function deleteJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  await ctx.db.delete("jobs", job._id);
  await freeInput(ctx, job.input);
}
