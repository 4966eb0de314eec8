/**
 * The registry of tables whose documents belong to users. Its functions read a table by owner, and delete the documents of a
 * deleted user.
 */
import type { IndexNames, IndexRange, NamedTableInfo } from "convex/server";
import type { DataModel, Doc, Id, TableNames } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fail } from "./failure.lib";
import { deleteFile } from "./files.lib";
import { deleteJob } from "./jobs.lib";
import { deleteEndpoint } from "../outgoing/endpoint.lib";
import { ALL, readPage, within, type Page, type PageRequest, type Range, type Ranged } from "./page.lib";

/** Every table whose documents belong to a user. Refusals use `noun` for one document. */
const OWNED = {
  apiKeys: { noun: "key", owner: "userId", index: "by_user" },
  files: { noun: "file", owner: "ownerId", index: "by_owner", remove: deleteFile },
  items: { noun: "item", owner: "ownerId", index: "by_owner" },
  jobs: { noun: "job", owner: "ownerId", index: "by_owner", remove: deleteJob },
  outgoingEvents: { noun: "event", owner: "ownerId", index: "by_owner" },
  usage: { noun: "usage", owner: "ownerId", index: "by_owner" },
  webhookDeliveries: { noun: "webhook delivery", owner: "ownerId", index: "by_owner" },
  webhookEndpoints: { noun: "webhook endpoint", owner: "ownerId", index: "by_owner", remove: deleteEndpoint },
} satisfies { [Table in TableNames]?: Entry<Table> };

type Entry<Table extends TableNames> = {
  [Field in OwnerField<Table>]: {
    noun: string;
    /** The field that holds the owner's id. */
    owner: Field;
    /** The index on only this field. */
    index: IndexOn<Table, Field>;
    /** Deletes a document and the data that only this document refers to. Default: deletes only the document. */
    remove?: (ctx: MutationCtx, doc: Doc<Table>) => Promise<void>;
  };
}[OwnerField<Table>];

type OwnerField<Table extends TableNames> = {
  [Field in keyof Doc<Table> & string]-?: Exclude<Doc<Table>[Field], undefined> extends Id<"users">
    ? Field
    : never;
}[keyof Doc<Table> & string];

type Info<Table extends TableNames> = NamedTableInfo<DataModel, Table>;
type IndexOn<Table extends TableNames, Field> = {
  [Index in IndexNames<Info<Table>>]: Info<Table>["indexes"][Index] extends [Field, "_creationTime"]
    ? Index
    : never;
}[IndexNames<Info<Table>>];

export type OwnedTable = keyof typeof OWNED;
/** A document with its system fields, which TypeScript does not find if the table is a type parameter. */
type OwnedDoc<Table extends OwnedTable> = Doc<Table> & { _id: Id<Table>; _creationTime: number };

/**
 * Returns the document with the id from a path. Refuses with `not_found` if the id is malformed or unknown, or if the document
 * belongs to another owner.
 */
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

/**
 * Returns the document if it belongs to the owner. Refuses with `not_found` otherwise, so that a caller cannot tell another
 * owner's document from a missing one.
 */
export function requireOwner<Table extends OwnedTable>(
  table: Table,
  ownerId: Id<"users">,
  doc: Doc<Table> | null,
  refusal: string,
): Doc<Table> {
  const fields: Readonly<Record<string, unknown>> = doc ?? {};
  return doc && fields[entryOf(table).owner] === ownerId ? doc : fail("not_found", refusal);
}

/** Returns one page of the owner's documents. */
export const listOwned = <Table extends OwnedTable>(
  ctx: QueryCtx,
  table: Table,
  ownerId: Id<"users">,
  page: PageRequest,
): Promise<Page<OwnedDoc<Table>>> => readPage(page, (range) => queryOwned(ctx, table, ownerId, range));

/** Documents of each table that one transaction deletes. The number is far below Convex's limits on a transaction. */
const BATCH = 200;

/** Deletes a batch of a user's documents in every table of the registry. `isDone` is true if no document is left. */
export async function deleteOwned(ctx: MutationCtx, userId: Id<"users">): Promise<{ isDone: boolean }> {
  let isDone = true;
  for (const table of Object.keys(OWNED) as OwnedTable[]) {
    const { remove } = entryOf(table);
    const docs = await queryOwned(ctx, table, userId, ALL).order("desc").take(BATCH);
    for (const doc of docs) await (remove ? remove(ctx, doc) : ctx.db.delete(table, doc._id));
    if (docs.length === BATCH) isDone = false;
  }
  return { isDone };
}

function queryOwned<Table extends OwnedTable>(
  ctx: QueryCtx,
  table: Table,
  ownerId: Id<"users">,
  range: Range,
): Ranged<OwnedDoc<Table>> {
  const { index, owner } = entryOf(table);
  // The type `Entry` ties index and field to the table. TypeScript loses this if the table is a type parameter.
  const query = ctx.db.query(table) as unknown as ByOwner<OwnedDoc<Table>>;
  return query.withIndex(index, (q) => within(q.eq(owner, ownerId), range));
}

type ByOwner<D> = {
  withIndex(
    index: string,
    range: (q: { eq(field: string, value: Id<"users">): IndexRange }) => IndexRange,
  ): Ranged<D>;
};

/** Returns the entry of a table that is known only at run time. */
const entryOf = <Table extends OwnedTable>(table: Table) =>
  OWNED[table] as unknown as {
    noun: string;
    owner: string;
    index: string;
    remove?: (ctx: MutationCtx, doc: Doc<Table>) => Promise<void>;
  };
