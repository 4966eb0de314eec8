import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

export type Visibility = "public" | "private";

/** The file that holds these bytes, or null for bytes that nobody registered. The id may be any text. */
export async function fileByStorageId(ctx: QueryCtx, text: string): Promise<Doc<"files"> | null> {
  const storageId = ctx.db.system.normalizeId("_storage", text);
  if (!storageId) return null;
  return ctx.db
    .query("files")
    .withIndex("by_storage_id", (q) => q.eq("storageId", storageId))
    .unique();
}

/** Removes a file: its bytes and what is known of it. */
export async function deleteFile(ctx: MutationCtx, file: Doc<"files">): Promise<void> {
  await ctx.db.delete("files", file._id);
  await deleteBytes(ctx, file.storageId);
}

/** Frees bytes, unless they are gone already. */
export async function deleteBytes(ctx: MutationCtx, storageId: Id<"_storage">): Promise<void> {
  if (await ctx.db.system.get("_storage", storageId)) await ctx.storage.delete(storageId);
}

/** A SHA-256 as lower-case hex, from the hex or base64 that a storage backend gives. */
export function sha256Hex(digest: string): string {
  if (/^[0-9a-f]{64}$/i.test(digest)) return digest.toLowerCase();
  return Array.from(atob(digest), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
