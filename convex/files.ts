import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx, type QueryCtx } from "./_generated/server";
import { collectUnregisteredFiles } from "./lib/env.lib";
import { fail } from "./lib/failure.lib";
import { deleteBytes, deleteFile, fileByStorageId, sha256Hex } from "./lib/files.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { listBy } from "./lib/list.lib";
import { requireOwner } from "./lib/owned.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { ifMatch, requireRevision } from "./lib/revision.lib";
import { giveBack, take } from "./lib/usage.lib";
import { emit } from "./outgoing/emit.lib";
import { readBack } from "./lib/readBack.lib";
import schema from "./schema";

const file = schema.doc("files");
const { visibility } = file.fields;
const fileRef = { ownerId: v.id("users"), fileId: v.string() };

async function owned(ctx: QueryCtx, args: { ownerId: Id<"users">; fileId: string }): Promise<Doc<"files">> {
  return requireOwner("files", args.ownerId, await fileByStorageId(ctx, args.fileId), "File not found");
}

/** Returns one of the owner's files with the URL of its bytes. */
export const open = internalQuery({
  args: fileRef,
  returns: v.object({ file, url: v.string() }),
  handler: async (ctx, args) => {
    const found = await owned(ctx, args);
    const url = await ctx.storage.getUrl(found.storageId);
    return { file: found, url: url ?? fail("not_found", "File not found") };
  },
});

/** Returns a file's owner, visibility and URL, or null for an unknown file. */
export const locate = internalQuery({
  args: { fileId: v.string() },
  returns: v.union(v.null(), v.object({ ownerId: v.id("users"), visibility, url: v.string() })),
  handler: async (ctx, { fileId }) => {
    const found = await fileByStorageId(ctx, fileId);
    const url = found && (await ctx.storage.getUrl(found.storageId));
    return found && url !== null ? { ownerId: found.ownerId, visibility: found.visibility, url } : null;
  },
});

export const list = internalQuery({
  args: { ownerId: v.id("users"), visibility: v.optional(visibility), ...pageArgs },
  returns: pageOf(file),
  handler: (ctx, { ownerId, visibility: wanted, ...page }) =>
    listBy(ctx, "files", { ownerId, visibility: wanted }, page),
});

/** Records an upload whose bytes the API has stored. Deletes the bytes if the request repeats an earlier upload. */
export const recordUpload = internalMutation({
  args: {
    ownerId: v.id("users"),
    storageId: v.id("_storage"),
    contentType: v.string(),
    name: v.optional(v.string()),
    visibility,
    ...idempotencyArg,
  },
  returns: onceOf(file),
  handler: async (ctx, { idempotency, ...upload }) => {
    const created = await once(ctx, idempotency, () => insertFile(ctx, upload));
    if (created.result.storageId !== upload.storageId) await deleteBytes(ctx, upload.storageId);
    return created;
  },
});

/** Registers bytes that a client has uploaded to an upload URL. The first caller that registers a storage id becomes the owner. */
export const register = internalMutation({
  args: {
    ownerId: v.id("users"),
    storageId: v.string(),
    name: v.optional(v.string()),
    visibility,
    ...idempotencyArg,
  },
  returns: onceOf(file),
  handler: (ctx, { idempotency, storageId, ...rest }) =>
    once(ctx, idempotency, async () => {
      const id = ctx.db.system.normalizeId("_storage", storageId);
      const bytes = id && (await ctx.db.system.get("_storage", id));
      const known = await fileByStorageId(ctx, storageId);
      if (known?.ownerId === rest.ownerId) fail("conflict", "storageId: is already registered");
      if (!bytes || known) fail("not_found", "File not found");
      return insertFile(ctx, {
        ...rest,
        storageId: bytes._id,
        contentType: bytes.contentType ?? "application/octet-stream",
      });
    }),
});

export const remove = internalMutation({
  args: { ...fileRef, ifMatch },
  returns: v.null(),
  handler: async (ctx, { ownerId, fileId, ifMatch: expected }) => {
    const found = await owned(ctx, { ownerId, fileId });
    requireRevision(found, expected);
    await deleteFile(ctx, found);
    await giveBack(ctx, "files", found);
    await emit(ctx, "file.deleted", found);
    return null;
  },
});

/** Milliseconds for which unregistered bytes are kept. */
const UNREGISTERED_MS = 24 * 60 * 60 * 1000;
/** The number of stored files that one transaction checks. */
const BATCH = 200;

/**
 * Deletes bytes that no client has registered within a day, if `COLLECT_UNREGISTERED_FILES` is set. It is off by default
 * because an app may store its own files, which this API does not know.
 */
export const collectUnregistered = internalMutation({
  args: { after: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, { after }) => {
    if (!collectUnregisteredFiles()) return null;
    const cutoff = Date.now() - UNREGISTERED_MS;
    const batch = await ctx.db.system
      .query("_storage")
      .withIndex("by_creation_time", (q) => q.gt("_creationTime", after ?? 0).lt("_creationTime", cutoff))
      .take(BATCH);
    for (const { _id } of batch) {
      if (!(await isReferenced(ctx, _id))) await ctx.storage.delete(_id);
    }
    const last = batch.at(-1);
    if (last && batch.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.files.collectUnregistered, { after: last._creationTime });
    }
    return null;
  },
});

/** Returns whether the API uses these bytes as a file, a webhook's payload, or the input of a job, which may wait for days. */
async function isReferenced(ctx: QueryCtx, storageId: Id<"_storage">): Promise<boolean> {
  if (await fileByStorageId(ctx, storageId)) return true;
  const events = ctx.db.query("webhookEvents");
  const payload = events.withIndex("by_payload_file", (q) => q.eq("payload.storageId", storageId));
  if (await payload.first()) return true;
  const jobs = ctx.db.query("jobs");
  const input = jobs.withIndex("by_input_file", (q) => q.eq("input.storageId", storageId));
  return (await input.first()) !== null;
}

async function insertFile(
  ctx: MutationCtx,
  upload: Pick<Doc<"files">, "ownerId" | "storageId" | "contentType" | "visibility"> & { name?: string },
): Promise<Doc<"files">> {
  const bytes = await ctx.db.system.get("_storage", upload.storageId);
  if (!bytes) fail("not_found", "File not found");
  await take(ctx, upload.ownerId, "files", { count: 1, bytes: bytes.size });
  const id = await ctx.db.insert("files", {
    ...upload,
    size: bytes.size,
    sha256: sha256Hex(bytes.sha256),
    revision: 1,
  });
  const created = await readBack(ctx, "files", id);
  await emit(ctx, "file.created", created);
  return created;
}
