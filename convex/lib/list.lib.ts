/** Reads pages of the documents with given values, by the index that serves this combination of fields. */
import type { IndexRange } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { readPage, within, type Page, type PageRequest, type Ranged } from "./page.lib";
import schema from "../schema";

/** A table of this schema. The deployment may have other tables. */
type Listable = keyof typeof schema.tables;
/** A document with its system fields, which TypeScript does not find if the table is a type parameter. */
type Listed<Table extends Listable> = Doc<Table> & { _id: string; _creationTime: number };

/**
 * Returns one page of the documents with these values. A value of undefined is ignored. Throws if the table has no index on exactly
 * the fields with values: a list never scans documents.
 *
 * @example
 * handler: (ctx, { ownerId, status, ...page }) => listBy(ctx, "jobs", { ownerId, status }, page),
 */
export function listBy<Table extends Listable>(
  ctx: QueryCtx,
  table: Table,
  values: { readonly [Field in keyof Doc<Table>]?: Doc<Table>[Field] | undefined },
  page: PageRequest,
): Promise<Page<Listed<Table>>> {
  const given: Readonly<Record<string, unknown>> = values;
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  const { index, fields } = indexOn(table, names);
  // The names of an index and its fields are known only at run time.
  const query = ctx.db.query(table) as unknown as ByIndex<Listed<Table>>;
  return readPage(page, (range) =>
    query.withIndex(index, (q) =>
      within(
        fields.reduce((prefix, name) => prefix.eq(name, given[name]), q),
        range,
      ),
    ),
  );
}

type Prefix = IndexRange & { eq(field: string, value: unknown): Prefix };
type ByIndex<D> = { withIndex(index: string, range: (q: Prefix) => IndexRange): Ranged<D> };

/** Returns the index of a table on exactly these fields, in any order. Throws if no index has them. */
export function indexOn(
  table: Listable,
  names: readonly string[],
): { index: string; fields: readonly string[] } {
  if (names.length === 0) return { index: "by_creation_time", fields: [] };
  const found = schema.tables[table][" indexes"]().find(
    ({ fields }) => fields.length === names.length && names.every((name) => fields.includes(name)),
  );
  if (!found) throw new Error(`The table ${table} has no index on ${names.join(", ")}`);
  return { index: found.indexDescriptor, fields: found.fields };
}
