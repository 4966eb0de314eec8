import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** Returns the file with this storage id, or null if no file is registered for it. The id may be any text. */
export async function fileByStorageId(ctx: QueryCtx, text: string): Promise<Doc<"files"> | null> {
  const storageId = ctx.db.system.normalizeId("_storage", text);
  if (!storageId) return null;
  return ctx.db
    .query("files")
    .withIndex("by_storage_id", (q) => q.eq("storageId", storageId))
    .unique();
}

/** Deletes a file: its document and its bytes. */
export async function deleteFile(ctx: MutationCtx, file: Doc<"files">): Promise<void> {
  await ctx.db.delete("files", file._id);
  await deleteBytes(ctx, file.storageId);
}

/** Deletes stored bytes, if they still exist. */
export async function deleteBytes(ctx: MutationCtx, storageId: Id<"_storage">): Promise<void> {
  if (await ctx.db.system.get("_storage", storageId)) await ctx.storage.delete(storageId);
}

/** Converts a SHA-256 in hex or base64, as the storage backend returns it, to lower-case hex. */
export function sha256Hex(digest: string): string {
  if (/^[0-9a-f]{64}$/i.test(digest)) return digest.toLowerCase();
  return Array.from(atob(digest), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
