/** The parts that all migrations in `migrations.ts` share: batches, and their progress. */
import type { FunctionReference } from "convex/server";
import type { Doc, TableNames } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { readPage, within, type Ranged } from "./page.lib";

/** The number of documents that one transaction reads. */
const BATCH = 200;

type Named = { _id: string; _creationTime: number };
export type Migration<Table extends TableNames> = {
  name: string;
  table: Table;
  /** Converts a document that needs it. It may get the same document again after a failed batch. */
  convert: (doc: Doc<Table>) => Promise<void>;
  /** The function of the migration, which runs the next batch. */
  itself: FunctionReference<"mutation", "internal", Record<string, never>, number | null>;
};

/**
 * Converts one batch of a table, newest first, stores the progress, and schedules the next batch. Does nothing once the migration is
 * complete.
 *
 * @returns The time of completion in milliseconds, or null while batches are left.
 */
export async function migrate<Table extends TableNames>(
  ctx: MutationCtx,
  { name, table, convert, itself }: Migration<Table>,
): Promise<number | null> {
  const known = await progressOf(ctx, name);
  if (known?.doneAt !== undefined) return known.doneAt;
  const after = known?.after;
  // TypeScript does not find the index and the system fields if the table is a type parameter.
  const documents = ctx.db.query(table) as unknown as ByCreation<Doc<Table> & Named>;
  const { docs, next } = await readPage({ limit: BATCH, ...(after && { after }) }, (range) =>
    documents.withIndex("by_creation_time", (q) => within(q, range)),
  );
  for (const doc of docs) await convert(doc);
  const doneAt = next ? null : Date.now();
  const progress = { name, ...(next && { after: next }), ...(doneAt !== null && { doneAt }) };
  if (known) await ctx.db.replace("migrations", known._id, progress);
  else await ctx.db.insert("migrations", progress);
  if (next) await ctx.scheduler.runAfter(0, itself, {});
  return doneAt;
}

/** Returns whether a migration is complete, so that every document has its new form. */
export const isMigrated = async (ctx: QueryCtx, name: string): Promise<boolean> =>
  (await progressOf(ctx, name))?.doneAt !== undefined;

function progressOf(ctx: QueryCtx, name: string): Promise<Doc<"migrations"> | null> {
  return ctx.db
    .query("migrations")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}

type ByCreation<D> = {
  withIndex(
    index: "by_creation_time",
    range: (q: Parameters<typeof within>[0]) => ReturnType<typeof within>,
  ): Ranged<D>;
};
