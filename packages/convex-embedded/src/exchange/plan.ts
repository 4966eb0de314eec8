/** What an import does with the tables that are there, decided before anything is written. */
import type { CatalogState } from "../store/catalog";
import type { TableInfo } from "../store/types";
import type { SnapshotTable } from "./tableNumbers";

/**
 * As those of `npx convex import`: `requireEmpty` takes tables that are not there or have no documents; `append` adds to
 * what is there; `replace` empties the tables that the snapshot has, `replaceAll` all tables but stored files.
 */
export type ImportMode = "requireEmpty" | "append" | "replace" | "replaceAll";

export interface ImportPlan {
  /** To be dropped with all that is in them. */
  readonly drop: readonly TableInfo[];
  /** To be made. */
  readonly create: readonly SnapshotTable[];
  /** Documents that are lost, by table, where there are any. */
  readonly lost: readonly { readonly table: TableInfo; readonly count: number }[];
}

/** @param count how many documents a table has. @throws Error that says why it cannot be done. */
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
      `there are documents already in ${full.join(", ")}. Choose an empty directory with --data, or say what becomes ` +
        "of them: --replace, --replace-all or --append",
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

/** How messages name a table. */
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
    `the ids of ${qualified(wanted)} in it are of a table with the number ${wanted.number}, and here the table has ` +
    `${existing.number}: its documents cannot be added to those that are there. Replace them with --replace, or ` +
    "import into an empty directory"
  );
}

/** Two tables of a component cannot share a number: nobody could tell whose an id is. */
function refuseTaken(
  catalog: CatalogState,
  create: readonly SnapshotTable[],
  drop: ReadonlyMap<number, TableInfo>,
): void {
  for (const { component, name, number } of create) {
    const owner = number === null ? null : catalog.tableByNumber(component, number);
    if (owner === null || drop.has(owner.id)) continue;
    throw new Error(
      `the ids of ${qualified({ component, name })} in it are of a table with the number ${number}, which here is that ` +
        `of ${qualified(owner)}. Import into an empty directory, where tables take the numbers of the snapshot`,
    );
  }
}
