import { v, type Infer } from "convex/values";
import type { MutationCtx } from "../_generated/server";
import { deleteBytes } from "./files.lib";

/** A text that may be longer than a document should be: the text itself, or the file that holds it. `storeText` makes one. */
export const storedText = v.union(v.object({ text: v.string() }), v.object({ storageId: v.id("_storage") }));

export type StoredText = Infer<typeof storedText>;

/** Deletes the file of a text, where it has one. */
export async function deleteStoredText(ctx: MutationCtx, stored: StoredText | undefined): Promise<void> {
  if (stored && "storageId" in stored) await deleteBytes(ctx, stored.storageId);
}
