/**
 * What users own. The functions below read a table of this registry by owner, and delete a user's documents with the user.
 */
import type { IndexNames, IndexRange, NamedTableInfo } from "convex/server";
import type { DataModel, Doc, Id, TableNames } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fail } from "./failure.lib";
import { deleteFile } from "./files.lib";
import { deleteJob } from "./jobs.lib";
import { readPage, within, type Page, type PageRequest, type Range } from "./page.lib";

/** Every table whose documents belong to a user. `noun` is what a refusal calls one document. */
const OWNED = {
  apiKeys: { noun: "key", owner: "userId", index: "by_user" },
  files: { noun: "file", owner: "ownerId", index: "by_owner", remove: deleteFile },
  items: { noun: "item", owner: "ownerId", index: "by_owner" },
  jobs: { noun: "job", owner: "ownerId", index: "by_owner", remove: deleteJob },
} satisfies { [Table in TableNames]?: Entry<Table> };

type Entry<Table extends TableNames> = {
  [Field in OwnerField<Table>]: {
    noun: string;
    /** The field that holds the owner's id. */
    owner: Field;
    /** The index on that field alone. */
    index: IndexOn<Table, Field>;
    /** Deletes a document together with what only the document refers to. Default: the document alone. */
    remove?: (ctx: MutationCtx, doc: Doc<Table>) => Promise<void>;
  };
}[OwnerField<Table>];

type OwnerField<Table extends TableNames> = {
  [Field in keyof Doc<Table> & string]: Doc<Table>[Field] extends Id<"users"> ? Field : never;
}[keyof Doc<Table> & string];

type Info<Table extends TableNames> = NamedTableInfo<DataModel, Table>;
type IndexOn<Table extends TableNames, Field> = {
  [Index in IndexNames<Info<Table>>]: Info<Table>["indexes"][Index] extends [Field, "_creationTime"]
    ? Index
    : never;
}[IndexNames<Info<Table>>];

export type OwnedTable = keyof typeof OWNED;
/** A document with the system fields that TypeScript does not find in one of a variable table. */
type OwnedDoc<Table extends OwnedTable> = Doc<Table> & { _id: Id<Table>; _creationTime: number };

/** The document of an id in a path, if it is the owner's. Refuses with `not_found` otherwise, for a malformed id too. */
export async function getOwned<Table extends OwnedTable>(
  ctx: QueryCtx,
  table: Table,
  ownerId: Id<"users">,
  id: string,
): Promise<Doc<Table>> {
  const docId = ctx.db.normalizeId(table, id);
  const found = docId && (await ctx.db.get(table, docId));
  return requireOwner(table, ownerId, found, `No ${entryOf(table).noun} ${id}`);
}

/** Refuses with `not_found` unless the document is the owner's: another owner's document and none look the same from outside. */
export function requireOwner<Table extends OwnedTable>(
  table: Table,
  ownerId: Id<"users">,
  doc: Doc<Table> | null,
  refusal: string,
): Doc<Table> {
  const fields: Readonly<Record<string, unknown>> = doc ?? {};
  return doc && fields[entryOf(table).owner] === ownerId ? doc : fail("not_found", refusal);
}

/** One page of the owner's documents, newest first. */
export const listOwned = <Table extends OwnedTable>(
  ctx: QueryCtx,
  table: Table,
  ownerId: Id<"users">,
  page: PageRequest,
): Promise<Page<OwnedDoc<Table>>> =>
  readPage(page, (range, count) => takeOwned(ctx, table, ownerId, range, count));

/** Documents of each table that one transaction deletes: far below Convex's limits, so that no batch fails for its size. */
const BATCH = 200;

/** Deletes a batch of a user's documents in every table of the registry. `isDone` is true if no document may be left. */
export async function deleteOwned(ctx: MutationCtx, userId: Id<"users">): Promise<{ isDone: boolean }> {
  let isDone = true;
  for (const table of Object.keys(OWNED) as OwnedTable[]) {
    const { remove } = entryOf(table);
    const docs = await takeOwned(ctx, table, userId, "all", BATCH);
    for (const doc of docs) await (remove ? remove(ctx, doc) : ctx.db.delete(table, doc._id));
    if (docs.length === BATCH) isDone = false;
  }
  return { isDone };
}

function takeOwned<Table extends OwnedTable>(
  ctx: QueryCtx,
  table: Table,
  ownerId: Id<"users">,
  range: Range,
  count: number,
): Promise<OwnedDoc<Table>[]> {
  const { index, owner } = entryOf(table);
  // `Entry` has checked index and field against the table. TypeScript cannot follow that through a variable table.
  const query = ctx.db.query(table) as unknown as ByOwner<OwnedDoc<Table>>;
  return query
    .withIndex(index, (q) => within(q.eq(owner, ownerId), range))
    .order("desc")
    .take(count);
}

type ByOwner<D> = {
  withIndex(
    index: string,
    range: (q: { eq(field: string, value: Id<"users">): IndexRange }) => IndexRange,
  ): { order(order: "desc"): { take(count: number): Promise<D[]> } };
};

/** The entry of a table that is only known at run time. */
const entryOf = <Table extends OwnedTable>(table: Table) =>
  OWNED[table] as unknown as {
    noun: string;
    owner: string;
    index: string;
    remove?: (ctx: MutationCtx, doc: Doc<Table>) => Promise<void>;
  };
