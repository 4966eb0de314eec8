/**
 * Quotas: what each owner stores, and how much the settings allow.
 *
 * A document for each owner and resource holds the count, so a check reads one document and the limit is exact under concurrent
 * requests: of two transactions that change a count, one is run again. The document of an owner who already has documents is
 * made by the first insert. It then counts what exists, newest first, in batches. Until that is complete, the count is a lower
 * bound.
 */
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fileBytesQuota, fileQuota, itemQuota, keyQuota } from "./env.lib";
import { fail } from "./failure.lib";
import { listOwned, type OwnedTable } from "./owned.lib";
import type { Position } from "./page.lib";

export type Resource = Doc<"usage">["resource"];

/** An amount: the number of documents, and the bytes of files. */
type Amount = { count: number; bytes?: number };
type Limits = { count: number; bytes: number };

/** The table of each resource, in the registry of owned tables, and its limits; 0 means no limit. */
const QUOTAS = {
  items: { table: "items", limits: () => ({ count: itemQuota(), bytes: 0 }) },
  files: { table: "files", limits: () => ({ count: fileQuota(), bytes: fileBytesQuota() }) },
  keys: { table: "apiKeys", limits: () => ({ count: keyQuota(), bytes: 0 }) },
} as const satisfies Record<Resource, { table: OwnedTable; limits: () => Limits }>;

/** Documents that one transaction counts. An item has up to 16 KiB, and a transaction reads at most 16 MiB. */
const BATCH = 200;
/** Milliseconds after which a counting batch counts as lost. The next insert then schedules it again. */
const LEASE_MS = 60_000;

/**
 * Takes from the owner's quota. Call it before the insert, in the same transaction. Refuses with `quota_exceeded` if the owner would
 * store more than the settings allow.
 *
 * @param amount `beyondQuota` counts without a limit.
 */
export async function take(
  ctx: MutationCtx,
  ownerId: Id<"users">,
  name: Resource,
  { count, bytes = 0, beyondQuota }: Amount & { beyondQuota?: true },
): Promise<void> {
  const limits = QUOTAS[name].limits();
  const known = await usageOf(ctx, ownerId, name);
  if (limits.count === 0 && limits.bytes === 0) {
    // Nothing is counted without a limit, so a later limit has to count again.
    if (known) await ctx.db.delete("usage", known._id);
    return;
  }
  const usage = known ?? (await begin(ctx, ownerId, name));
  const next = { count: usage.count + count, bytes: usage.bytes + bytes };
  if (!beyondQuota) requireWithin(name, limits, next);
  await ctx.db.patch("usage", usage._id, { ...next, ...(await resumed(ctx, usage)) });
}

/** Refuses with `quota_exceeded` if the owner cannot store one more document of one byte. */
export async function requireQuota(ctx: QueryCtx, ownerId: Id<"users">, name: Resource): Promise<void> {
  const usage = await usageOf(ctx, ownerId, name);
  if (usage) requireWithin(name, QUOTAS[name].limits(), { count: usage.count + 1, bytes: usage.bytes + 1 });
}

/** Gives back what a document took. Call it in the transaction that deletes the document, or revokes the key. */
export async function giveBack(ctx: MutationCtx, name: Resource, doc: Counted): Promise<void> {
  const ownerId = "userId" in doc ? doc.userId : doc.ownerId;
  const usage = await usageOf(ctx, ownerId, name);
  // A document that is not counted yet will not be counted any more.
  if (!usage || (usage.counting && isAfter(doc, usage.counting.after))) return;
  await ctx.db.patch("usage", usage._id, {
    count: Math.max(0, usage.count - 1),
    bytes: Math.max(0, usage.bytes - bytesOf(doc)),
  });
}

/** Counts one batch of an owner's documents, and schedules the next one. */
export async function countBatch(ctx: MutationCtx, usageId: Id<"usage">): Promise<void> {
  const usage = await ctx.db.get("usage", usageId);
  if (!usage?.counting) return;
  const { ownerId, resource } = usage;
  const { counted, counting } = await countPage(ctx, ownerId, resource, usage.counting.after);
  await ctx.db.patch("usage", usageId, {
    count: usage.count + counted.count,
    bytes: usage.bytes + counted.bytes,
    counting,
  });
  if (counting) await ctx.scheduler.runAfter(0, internal.usage.count, { usageId });
}

const usageOf = (ctx: QueryCtx, ownerId: Id<"users">, name: Resource): Promise<Doc<"usage"> | null> =>
  ctx.db
    .query("usage")
    .withIndex("by_owner_and_resource", (q) => q.eq("ownerId", ownerId).eq("resource", name))
    .unique();

type Counted = Doc<(typeof QUOTAS)[Resource]["table"]>;

/** Makes the document of an owner and resource, and counts the first batch. */
async function begin(ctx: MutationCtx, ownerId: Id<"users">, name: Resource): Promise<Doc<"usage">> {
  const { counted, counting } = await countPage(ctx, ownerId, name, undefined);
  const usage = { ownerId, resource: name, ...counted, ...(counting && { counting }) };
  const usageId = await ctx.db.insert("usage", usage);
  if (counting) await ctx.scheduler.runAfter(0, internal.usage.count, { usageId });
  return { ...usage, _id: usageId, _creationTime: Date.now() };
}

/** Counts one batch of documents that are older than a position. */
async function countPage(
  ctx: QueryCtx,
  ownerId: Id<"users">,
  name: Resource,
  after: Position | undefined,
): Promise<{ counted: Required<Amount>; counting: Doc<"usage">["counting"] }> {
  const page = await listOwned(ctx, QUOTAS[name].table, ownerId, { limit: BATCH, ...(after && { after }) });
  const docs = page.docs.filter(isCounted);
  return {
    counted: { count: docs.length, bytes: docs.reduce((sum, doc) => sum + bytesOf(doc), 0) },
    counting: page.next && { after: page.next, dueAt: Date.now() + LEASE_MS },
  };
}

/** Schedules the counting again if its last batch is overdue: a failed batch is not retried. */
async function resumed(ctx: MutationCtx, { _id, counting }: Doc<"usage">): Promise<Partial<Doc<"usage">>> {
  if (!counting || counting.dueAt > Date.now()) return {};
  await ctx.scheduler.runAfter(0, internal.usage.count, { usageId: _id });
  return { counting: { ...counting, dueAt: Date.now() + LEASE_MS } };
}

/** A revoked key takes nothing from the quota, so that keys can be rotated for ever. */
const isCounted = (doc: Counted): boolean => !("hash" in doc) || doc.revokedAt === undefined;
const bytesOf = (doc: Counted): number => ("size" in doc ? doc.size : 0);
const isAfter = (doc: Pick<Counted, "_id" | "_creationTime">, { time, id }: Position): boolean =>
  doc._creationTime < time || (doc._creationTime === time && doc._id < id);

function requireWithin(name: Resource, limits: Limits, next: Limits): void {
  if (limits.count > 0 && next.count > limits.count)
    fail("quota_exceeded", `An owner has at most ${limits.count} ${name}`);
  if (limits.bytes > 0 && next.bytes > limits.bytes)
    fail("quota_exceeded", `An owner stores at most ${limits.bytes} bytes of ${name}`);
}
