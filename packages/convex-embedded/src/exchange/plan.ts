/** Plans what an import does with existing tables, before any data is written. */
import type { CatalogState } from "../store/catalog";
import type { TableInfo } from "../store/types";
import type { SnapshotTable } from "./tableNumbers";

/**
 * The modes of `npx convex import`: `requireEmpty` allows only missing or empty tables. `append` adds to existing documents.
 * `replace` empties the tables that the snapshot contains. `replaceAll` empties all tables except stored files.
 */
export type ImportMode = "requireEmpty" | "append" | "replace" | "replaceAll";

export interface ImportPlan {
  /** Tables to drop with their documents. */
  readonly drop: readonly TableInfo[];
  /** Tables to create. */
  readonly create: readonly SnapshotTable[];
  /** Tables that lose documents, with the number of documents. */
  readonly lost: readonly { readonly table: TableInfo; readonly count: number }[];
}

/** Plans an import. @param count returns the number of documents in a table. @throws Error that says why the import is not possible. */
export function planImport(
  catalog: CatalogState,
  snapshot: readonly SnapshotTable[],
  mode: ImportMode,
  count: (table: TableInfo) => number,
): ImportPlan {
  const drop = new Map<number, TableInfo>();
  const create: SnapshotTable[] = [];
  const full: string[] = [];
  for (const wanted of snapshot) {
    const existing = catalog.table(wanted.component, wanted.name);
    const same = existing !== null && (wanted.number === null || wanted.number === existing.number);
    if (existing !== null && mode === "requireEmpty" && count(existing) > 0)
      full.push(described(existing, count));
    if (existing !== null && mode === "append") {
      if (!same) throw new Error(otherNumber(existing, wanted));
      continue;
    }
    if (same && count(existing) === 0) continue;
    if (existing !== null) drop.set(existing.id, existing);
    create.push(wanted);
  }
  if (full.length > 0) {
    throw new Error(
      `there are documents already in ${full.join(", ")}. Choose an empty directory with --data, or pass ` +
        "--replace, --replace-all or --append",
    );
  }
  if (mode === "replaceAll") {
    for (const table of catalog.components().flatMap((component) => catalog.tables(component))) {
      const kept = table.name.startsWith("_") || snapshot.some((wanted) => isSame(wanted, table));
      if (!kept) drop.set(table.id, table);
    }
  }
  refuseTaken(catalog, create, drop);
  const lost = [...drop.values()].map((table) => ({ table, count: count(table) }));
  return { drop: [...drop.values()], create, lost: lost.filter((table) => table.count > 0) };
}

/** Returns the name of a table for messages. */
export function qualified({ component, name }: Pick<TableInfo, "component" | "name">): string {
  return component === "" ? name : `${component}:${name}`;
}

function isSame(a: Pick<TableInfo, "component" | "name">, b: Pick<TableInfo, "component" | "name">): boolean {
  return a.component === b.component && a.name === b.name;
}

function described(table: TableInfo, count: (table: TableInfo) => number): string {
  return `${qualified(table)} (${count(table)})`;
}

function otherNumber(existing: TableInfo, wanted: SnapshotTable): string {
  return (
    `the ids of ${qualified(wanted)} in it have the table number ${wanted.number}, but here the table has the number ` +
    `${existing.number}: its documents cannot be added to the existing ones. Replace them with --replace, or ` +
    "import into an empty directory"
  );
}

/** Refuses a number of another table: tables of one component cannot share a number, because ids would be ambiguous. */
function refuseTaken(
  catalog: CatalogState,
  create: readonly SnapshotTable[],
  drop: ReadonlyMap<number, TableInfo>,
): void {
  for (const { component, name, number } of create) {
    const owner = number === null ? null : catalog.tableByNumber(component, number);
    if (owner === null || drop.has(owner.id)) continue;
    throw new Error(
      `the ids of ${qualified({ component, name })} in it have the table number ${number}, which here is the number ` +
        `of ${qualified(owner)}. Import into an empty directory, where tables take the numbers of the snapshot`,
    );
  }
}
