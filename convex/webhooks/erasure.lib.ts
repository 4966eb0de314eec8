import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { deleteStoredText } from "../lib/storedText.lib";

/** Deletes the payload of an event, also from file storage. Other fields may be changed in the same write. */
export async function deletePayload(
  ctx: MutationCtx,
  { _id, payload, revision }: Doc<"webhookEvents">,
  more: { error?: string } = {},
): Promise<void> {
  await ctx.db.patch("webhookEvents", _id, {
    ...more,
    payload: undefined,
    purgeAt: undefined,
    revision: revision + 1,
  });
  await deleteStoredText(ctx, payload);
}
