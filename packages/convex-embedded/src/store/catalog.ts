/** Tables and indexes by name and number. A state is immutable and gets replaced, so a rollback is one assignment. */
import type { ValidatorJSON } from "convex/values";
import { loadSearchIndexes } from "./search/searchFields";
import type { Connection } from "./sqlite";
import type { Catalog, IndexInfo, TableInfo, TableKey } from "./types";

/** The first number of a user table, as on Convex. Ids then have 32 characters. */
const FIRST_TABLE_NUMBER = 10_001;

/**
 * System tables have the same numbers as on Convex, in every component, so ids of files and jobs in documents stay valid when
 * data moves between the two. (`DefaultTableNumber` in `crates/model/src/lib.rs` of get-convex/convex-backend, plus 512.
 * Convex does not have the last table.)
 */
const SYSTEM_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["_cron_jobs", 531],
  ["_scheduled_functions", 539],
  ["_storage", 540],
  ["_storage_bytes", 10_000],
]);

export const BY_ID = "by_id";
export const BY_CREATION_TIME = "by_creation_time";

/** Returns the index of a table that has all documents in the order of their creation. @throws Error if the database is corrupt. */
export function creationIndex(table: TableInfo): IndexInfo {
  const index = table.indexes.find(({ name }) => name === BY_CREATION_TIME);
  if (!index)
    throw new Error(
      `The table "${table.name}" has no index ${BY_CREATION_TIME}: the database is corrupt. Restore a backup.`,
    );
  return index;
}

/** One state of the catalog. */
export class CatalogState implements Catalog {
  readonly #byId: ReadonlyMap<number, TableInfo>;
  readonly #byNumber: ReadonlyMap<string, TableInfo>;
  readonly #byName: ReadonlyMap<string, TableInfo>;

  constructor(tables: Iterable<TableInfo>) {
    const all = [...tables];
    this.#byId = new Map(all.map((table) => [table.id, table]));
    this.#byNumber = new Map(all.map((table) => [numberKey(table.component, table.number), table]));
    this.#byName = new Map(all.map((table) => [nameKey(table.component, table.name), table]));
  }

  table(component: string, name: string): TableInfo | null {
    return this.#byName.get(nameKey(component, name)) ?? null;
  }

  tableByNumber(component: string, number: number): TableInfo | null {
    return this.#byNumber.get(numberKey(component, number)) ?? null;
  }

  /** Returns the table's current definition, `null` if the table no longer exists. */
  tableById(id: number): TableInfo | null {
    return this.#byId.get(id) ?? null;
  }

  components(): readonly string[] {
    return [...new Set([...this.#byId.values()].map(({ component }) => component))].sort();
  }

  tables(component: string): readonly TableInfo[] {
    const own = [...this.#byId.values()].filter((table) => table.component === component);
    return own.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Returns a state with the table added. Replaces a table with the same id. */
  with(table: TableInfo): CatalogState {
    return new CatalogState(new Map(this.#byId).set(table.id, table).values());
  }

  without(table: TableKey): CatalogState {
    return new CatalogState([...this.#byId.values()].filter(({ id }) => id !== table.id));
  }

  /** Returns the key of a new table. A user table gets a number that no table of any component has yet. */
  newKey(component: string, name: string): TableKey {
    const all = [...this.#byId.values()];
    const next = freeNumber(this);
    const own = SYSTEM_NUMBERS.get(name);
    const taken = own === undefined || this.tableByNumber(component, own) !== null;
    return { id: Math.max(0, ...all.map(({ id }) => id)) + 1, number: taken ? next : own };
  }
}

/** Returns a number that no table of any component has. */
export function freeNumber(catalog: Catalog): number {
  const tables = catalog.components().flatMap((component) => catalog.tables(component));
  return Math.max(FIRST_TABLE_NUMBER - 1, ...tables.map(({ number }) => number)) + 1;
}

/** Returns the `by_id` index of a table. It has no entries of its own and only identifies the table. */
export function byIdIndex({ id, number }: TableKey): IndexInfo {
  return { id: -id, table: { id, number }, name: BY_ID, fields: ["_id"] };
}

/** Returns the table of a `by_id` index, or `null` for an index with entries. */
export function tableOfByIdIndex(index: IndexInfo): TableKey | null {
  return index.table ?? null;
}

/** Loads the catalog of a database. */
export function loadCatalog(db: Connection): CatalogState {
  const indexes = new Map<number, IndexInfo[]>();
  for (const row of db
    .prepare<[], IndexRow>("SELECT id, table_id, name, fields FROM indexes ORDER BY id")
    .all()) {
    const own = indexes.get(row.table_id) ?? [];
    own.push({ id: row.id, name: row.name, fields: JSON.parse(row.fields) as string[] });
    indexes.set(row.table_id, own);
  }
  const searchIndexes = loadSearchIndexes(db);
  // Format 1 has no id column: the number was the id. A backup may still have that format.
  const tables = db
    .prepare<[], TableRow>("SELECT rowid AS id, number, component, name, document_type FROM tables")
    .all();
  return new CatalogState(
    tables.map((row) => ({
      id: row.id,
      number: row.number,
      name: row.name,
      component: row.component,
      indexes: [byIdIndex(row), ...(indexes.get(row.id) ?? [])],
      searchIndexes: searchIndexes.get(row.id) ?? [],
      documentType: row.document_type === null ? null : (JSON.parse(row.document_type) as ValidatorJSON),
    })),
  );
}

interface IndexRow {
  readonly id: number;
  readonly table_id: number;
  readonly name: string;
  readonly fields: string;
}

interface TableRow extends TableKey {
  readonly component: string;
  readonly name: string;
  readonly document_type: string | null;
}

function nameKey(component: string, name: string): string {
  return `${component}\0${name}`;
}

function numberKey(component: string, number: number): string {
  return `${component}\0${number}`;
}
