import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { StoredText } from "../lib/storedText.lib";
import { readsPayload } from "./handlers.lib";

/** Milliseconds after which an attempt that has not reported an outcome counts as dead. */
export const LEASE_MS = 60_000;

/**
 * Schedules the handler of an event. Call it in the transaction that counts the attempt: an attempt whose handler crashes then
 * counts too, and the event fails after the last one.
 */
export async function scheduleAttempt(
  { scheduler }: Pick<MutationCtx, "scheduler">,
  attempt: { id: Id<"webhookEvents">; attempts: number },
  { handler, payload }: { handler: string; payload: StoredText },
): Promise<void> {
  if ("text" in payload || !readsPayload(handler))
    await scheduler.runAfter(0, internal.webhooks.process.process, attempt);
  else {
    const { storageId } = payload;
    await scheduler.runAfter(0, internal.webhooks.process.processStored, { ...attempt, storageId });
  }
}
