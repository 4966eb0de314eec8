/** Finds documents with references to tables whose ids an import would invalidate. */
import type { ValidatorJSON } from "convex/values";
import type { CatalogState } from "../store/catalog";
import type { TableInfo } from "../store/types";
import { qualified } from "./plan";

/**
 * Checks references. If a table gets another number, all stored ids of its documents become invalid. Like Convex, refuse an import
 * if the schema declares such ids in a table that stays.
 *
 * @param before the catalog before the tables were replaced. @param hasDocuments called for tables that were not replaced.
 * @throws Error that names the tables.
 */
export function checkReferences(
  before: CatalogState,
  after: CatalogState,
  replaced: readonly TableInfo[],
  hasDocuments: (table: TableInfo) => boolean,
): void {
  for (const old of replaced) {
    const now = after.table(old.component, old.name);
    if (now === null || now.number === old.number) continue;
    for (const other of after.tables(old.component)) {
      const kept = before.table(other.component, other.name)?.id === other.id;
      if (!kept || !mentions(other.documentType, old.name) || !hasDocuments(other)) continue;
      throw new Error(
        `${qualified(old)} would get other ids, but by the schema the documents of ${qualified(other)}, which are not ` +
          "in the snapshot, hold its ids. Replace all tables with --replace-all, or import into an empty directory",
      );
    }
  }
}

function mentions(type: ValidatorJSON | null, table: string): boolean {
  switch (type?.type) {
    case "id":
      return type.tableName === table;
    case "array":
      return mentions(type.value, table);
    case "record":
      return mentions(type.keys, table) || mentions(type.values.fieldType, table);
    case "object":
      return Object.values(type.value).some(({ fieldType }) => mentions(fieldType, table));
    case "union":
      return type.value.some((member) => mentions(member, table));
    default:
      return false;
  }
}
