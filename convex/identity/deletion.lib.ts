import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { Actor } from "../lib/audit.lib";
import { deleteOwned } from "../lib/owned.lib";
import { eraseEventsAbout } from "../outgoing/delivery.lib";
import { deleteUser } from "./users.lib";

/**
 * Milliseconds after a user's deletion until every request that was admitted earlier has ended. A Convex action runs for up to
 * 1,800 s; one more minute covers its last transaction.
 */
const LAST_WRITE_MS = (1_800 + 60) * 1000;

/**
 * Deletes a user, and schedules the deletion of the user's documents. The user's keys stop working immediately, because each
 * use of a key looks up its owner.
 */
export async function eraseUser(ctx: MutationCtx, user: Doc<"users">, by: Actor): Promise<void> {
  await deleteUser(ctx, user, by);
  const userId = user._id;
  await ctx.scheduler.runAfter(0, internal.users.eraseOwned, { userId });
  await ctx.scheduler.runAfter(LAST_WRITE_MS, internal.users.eraseOwned, { userId });
}

/** Deletes one batch of a deleted user's documents, and of the events about the user, and schedules the next batch until none is left. */
export async function eraseOwnedBatch(ctx: MutationCtx, { userId }: { userId: Id<"users"> }): Promise<null> {
  const owned = await deleteOwned(ctx, userId);
  const about = await eraseEventsAbout(ctx, userId);
  if (!owned.isDone || !about.isDone) await ctx.scheduler.runAfter(0, internal.users.eraseOwned, { userId });
  return null;
}
