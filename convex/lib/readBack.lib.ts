import type { Doc, Id, TableNames } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { fail } from "./failure.lib";

/** Returns a document that this transaction has just written. */
export async function readBack<Table extends TableNames>(
  ctx: QueryCtx,
  table: Table,
  id: Id<Table>,
): Promise<Doc<Table>> {
  return (
    (await ctx.db.get(table, id)) ??
    fail("internal", `${table} ${id} is missing in the transaction that wrote it`)
  );
}
