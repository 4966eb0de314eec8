import { v, type Infer } from "convex/values";
import type { MutationCtx } from "../_generated/server";
import { deleteBytes } from "./files.lib";

/** A text, or the file that holds it if it is too long for a document. `storeText` makes one. */
export const storedText = v.union(v.object({ text: v.string() }), v.object({ storageId: v.id("_storage") }));

export type StoredText = Infer<typeof storedText>;

/** Deletes the file of a text, if the text has one. */
export async function deleteStoredText(ctx: MutationCtx, stored: StoredText | undefined): Promise<void> {
  if (stored && "storageId" in stored) await deleteBytes(ctx, stored.storageId);
}
