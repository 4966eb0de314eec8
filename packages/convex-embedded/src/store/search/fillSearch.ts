/**
 * Fills new search indexes before a schema is applied.
 *
 * Each batch is a transaction of its own that also stores the position, so a fill that is interrupted continues at the next start.
 * Other transactions may run between the batches: they keep the filled part up to date. Queries cannot use the indexes before the
 * schema is applied.
 */
import { creationIndex } from "../catalog";
import { planSchema, qualified } from "../schemaPlan";
import type { ComponentSchema, IndexInfo, SearchIndexInfo, TableInfo } from "../types";
import type { WriteAccess } from "../writeAccess";

/** The number of documents in one transaction. */
const BATCH = 2_000;
const DOCUMENTS_PER_LINE = 50_000;

type Progress = (line: string) => void;

/** Runs work alone in a transaction. Resolves once it is durable. */
type RunAlone = <T>(work: () => Promise<T>) => Promise<T>;

/** Creates and fills the search indexes that the schemas add to existing tables. @throws Error if a schema breaks Convex's rules. */
export async function fillSearchIndexes(
  writes: WriteAccess,
  schemas: readonly ComponentSchema[],
  run: RunAlone,
  progress: Progress,
): Promise<void> {
  if (missing(writes, schemas).length > 0) {
    await run(() => {
      for (const create of missing(writes, schemas)) create();
      return Promise.resolve();
    });
  }
  for (const { table, indexes } of unfilled(writes, schemas)) {
    const names = indexes.map(({ name }) => qualified(table.component, `${table.name}.${name}`)).join(", ");
    const ids = new Set(indexes.map(({ id }) => id));
    let count = 0;
    for (let more = true; more;) {
      const added = await run(() => Promise.resolve(fillNext(writes, table.id, ids)));
      count += added;
      more = added > 0;
      if (more && count % DOCUMENTS_PER_LINE === 0)
        progress(`filling search index ${names}: ${count} documents so far`);
    }
    progress(`search index ${names} filled with ${count} documents`);
  }
}

/** Returns a function for each search index that the schemas add to an existing table. It creates the index. */
function missing(writes: WriteAccess, schemas: readonly ComponentSchema[]): (() => void)[] {
  const plans = schemas.flatMap((schema) => planSchema(writes.catalog, schema));
  return plans.flatMap(({ component, name, search }) =>
    writes.catalog.table(component, name) === null
      ? []
      : search.add.map(({ wanted }) => () => {
          const table = writes.catalog.table(component, name) as TableInfo;
          const index = writes.searchIndexes.createIndex(table, wanted, false);
          writes.catalog = writes.catalog.with({ ...table, searchIndexes: [...table.searchIndexes, index] });
        }),
  );
}

/** Returns the declared search indexes that do not contain all documents yet. */
function unfilled(
  writes: WriteAccess,
  schemas: readonly ComponentSchema[],
): { table: TableInfo; indexes: readonly SearchIndexInfo[] }[] {
  const plans = schemas.flatMap((schema) => planSchema(writes.catalog, schema));
  return plans.flatMap(({ component, name, search }) => {
    const table = writes.catalog.table(component, name);
    const indexes = search.keep.map(({ index }) => index).filter(({ position }) => position !== null);
    return table === null || indexes.length === 0 ? [] : [{ table, indexes }];
  });
}

/**
 * Adds the next documents to those of the indexes that contain the fewest.
 *
 * @returns the number of documents, 0 if all indexes contain all documents.
 */
function fillNext(writes: WriteAccess, tableId: number, ids: ReadonlySet<number>): number {
  const table = writes.catalog.tableById(tableId);
  if (table === null) return 0;
  const rest = table.searchIndexes.filter(({ id, position }) => ids.has(id) && position !== null);
  const [first, next] = [...new Set(rest.map(positionOf))].sort();
  if (first === undefined) return 0;
  const behind = rest.filter((index) => positionOf(index) === first);
  return fillFrom(
    writes,
    table,
    creationIndex(table),
    behind,
    next === undefined ? null : Buffer.from(next, "hex"),
  );
}

/** @param end The position of another index, at which both continue together. `null` if there is none. */
function fillFrom(
  writes: WriteAccess,
  table: TableInfo,
  creation: IndexInfo,
  indexes: readonly SearchIndexInfo[],
  end: Buffer | null,
): number {
  const start = indexes[0]?.position as Buffer;
  const batch = writes
    .documentsAfter(creation, start, BATCH)
    .filter(({ key }) => end === null || key.compare(end) <= 0);
  const last = batch.at(-1)?.key ?? null;
  const filled = writes.searchIndexes.fill(table, indexes, batch, last);
  const changed = new Map(filled.map((index) => [index.id, index]));
  const searchIndexes = table.searchIndexes.map((index) => changed.get(index.id) ?? index);
  writes.catalog = writes.catalog.with({ ...table, searchIndexes });
  return batch.length;
}

/** Returns a position as a text that sorts like it. */
const positionOf = ({ position }: SearchIndexInfo): string => (position ?? Buffer.alloc(0)).toString("hex");
