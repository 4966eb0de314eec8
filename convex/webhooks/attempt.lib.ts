import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { StoredText } from "../lib/storedText.lib";
import { readsPayload } from "./handlers.lib";

/** Milliseconds after which an attempt without an outcome is considered to have crashed. */
export const LEASE_MS = 60_000;

/**
 * Schedules the handler of an event. Call it in the transaction that counts the attempt: an attempt whose handler crashes then
 * counts too, and the event fails after its last attempt.
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
