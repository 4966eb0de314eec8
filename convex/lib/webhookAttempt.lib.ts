import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { StoredText } from "./storedText.lib";

type Attempt = { id: Id<"webhookEvents">; attempts: number };

/**
 * Schedules the handler of an event, for an attempt that this transaction counts: an event that kills its handler is counted
 * all the same, and does not come back for ever.
 */
export async function schedule(
  { scheduler }: Pick<MutationCtx, "scheduler">,
  attempt: Attempt,
  payload: StoredText,
): Promise<void> {
  if ("text" in payload) await scheduler.runAfter(0, internal.webhookProcessing.process, attempt);
  else {
    const { storageId } = payload;
    await scheduler.runAfter(0, internal.webhookProcessing.processStored, { ...attempt, storageId });
  }
}
