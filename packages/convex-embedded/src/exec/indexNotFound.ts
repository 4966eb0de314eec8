import type { TableInfo } from "../store/types";
import { SyscallError } from "./errors";

/**
 * Returns the error for an index that does not exist, or that is of another kind.
 *
 * @param indexName `items.by_text`. @param wanted The kind of index that the caller needs.
 */
export function indexNotFound(
  indexName: string,
  table: TableInfo | null,
  wanted: "search" | "vector",
): SyscallError {
  const name = indexName.slice(indexName.indexOf(".") + 1);
  const others = [...(table?.indexes ?? []), ...(wanted === "vector" ? (table?.searchIndexes ?? []) : [])];
  return new SyscallError(
    others.some((index) => index.name === name)
      ? `Index ${indexName} is not a ${wanted} index`
      : `Index ${indexName} not found. Declare it in schema.ts.`,
  );
}
