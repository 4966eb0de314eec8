import { v, type Infer } from "convex/values";
import type { MutationCtx } from "../_generated/server";
import { deleteBytes } from "./files.lib";

/** A text, or the id of the stored file that holds a text too long for a document. `storeText` creates it. */
export const storedText = v.union(v.object({ text: v.string() }), v.object({ storageId: v.id("_storage") }));

export type StoredText = Infer<typeof storedText>;

/** Deletes the stored file of a text. Does nothing for a text without a file. */
export async function deleteStoredText(ctx: MutationCtx, stored: StoredText | undefined): Promise<void> {
  if (stored && "storageId" in stored) await deleteBytes(ctx, stored.storageId);
}
