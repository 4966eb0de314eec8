/** Tables and indexes by name and number. A state is never changed but replaced, so that a rollback is an assignment. */
import type { ValidatorJSON } from "convex/values";
import type { Connection } from "./layout";
import type { Catalog, IndexInfo, TableInfo } from "./types";

/** User tables begin here on Convex too, which gives ids of 32 characters. */
const FIRST_TABLE_NUMBER = 10_001;

export const BY_ID = "by_id";
export const BY_CREATION_TIME = "by_creation_time";

/** One state of the catalog. */
export class CatalogState implements Catalog {
  readonly #byNumber: ReadonlyMap<number, TableInfo>;
  readonly #byName: ReadonlyMap<string, TableInfo>;

  constructor(tables: Iterable<TableInfo>) {
    const all = [...tables];
    this.#byNumber = new Map(all.map((table) => [table.number, table]));
    this.#byName = new Map(all.map((table) => [nameKey(table.component, table.name), table]));
  }

  table(component: string, name: string): TableInfo | null {
    return this.#byName.get(nameKey(component, name)) ?? null;
  }

  tableByNumber(number: number): TableInfo | null {
    return this.#byNumber.get(number) ?? null;
  }

  components(): readonly string[] {
    return [...new Set([...this.#byNumber.values()].map(({ component }) => component))].sort();
  }

  tables(component: string): readonly TableInfo[] {
    const own = [...this.#byNumber.values()].filter((table) => table.component === component);
    return own.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** This state with one table added, or put in the place of the one with its number. */
  with(table: TableInfo): CatalogState {
    return new CatalogState(new Map(this.#byNumber).set(table.number, table).values());
  }

  /** The number of the next table. */
  nextNumber(): number {
    return Math.max(FIRST_TABLE_NUMBER - 1, ...this.#byNumber.keys()) + 1;
  }
}

/** What `by_id` of a table is known as. It has no entries, so that its id only says which table it belongs to. */
export function byId(tableNumber: number): IndexInfo {
  return { id: -tableNumber, name: BY_ID, fields: ["_id"] };
}

/** The number of the table whose `by_id` this is, or `null` for an index with entries. */
export function tableOfById(index: IndexInfo): number | null {
  return index.id < 0 ? -index.id : null;
}

/** Reads the catalog of a database. */
export function loadCatalog(db: Connection): CatalogState {
  const indexes = new Map<number, IndexInfo[]>();
  for (const row of db
    .prepare<[], IndexRow>("SELECT id, table_number, name, fields FROM indexes ORDER BY id")
    .all()) {
    const own = indexes.get(row.table_number) ?? [byId(row.table_number)];
    own.push({ id: row.id, name: row.name, fields: JSON.parse(row.fields) as string[] });
    indexes.set(row.table_number, own);
  }
  const tables = db.prepare<[], TableRow>("SELECT number, component, name, document_type FROM tables").all();
  return new CatalogState(
    tables.map((row) => ({
      number: row.number,
      name: row.name,
      component: row.component,
      indexes: indexes.get(row.number) ?? [byId(row.number)],
      documentType: row.document_type === null ? null : (JSON.parse(row.document_type) as ValidatorJSON),
    })),
  );
}

interface IndexRow {
  readonly id: number;
  readonly table_number: number;
  readonly name: string;
  readonly fields: string;
}

interface TableRow {
  readonly number: number;
  readonly component: string;
  readonly name: string;
  readonly document_type: string | null;
}

function nameKey(component: string, name: string): string {
  return `${component}\0${name}`;
}
