/**
 * The cursors of `paginate`: a position in the results of one query, opaque to callers, bound to the query and its index.
 *
 * A position is the key of the last row read, without the prefix that the query's equalities fix. The query contains that
 * prefix already, and it may be private (an owner's id), so the cursor leaves it out.
 */
import { createHash } from "node:crypto";
import { SyscallError } from "../errors";
import type { SerializedQuery, Source } from "./source";

/** After the row with this key, or at the end of the results. */
export type Position = { readonly after: Buffer } | "end";

const VERSION = 1;
const AFTER = 0;
const END = 1;
const FINGERPRINT_BYTES = 16;
const HEADER_BYTES = 2 + FINGERPRINT_BYTES;

/** Hashes everything that a cursor is bound to: the whole query with its filters, and the fields of its index. */
export function fingerprint(query: SerializedQuery, source: Source | null): Buffer {
  const bound = JSON.stringify([query, source === null ? builtInFields(query) : fieldsOf(source)]);
  return createHash("sha256").update(bound).digest().subarray(0, FINGERPRINT_BYTES);
}

function fieldsOf(source: Source): readonly string[] {
  return "search" in source
    ? [source.search.searchField, ...source.search.filterFields]
    : source.index.fields;
}

/** The index fields of a table that does not exist yet, so that the cursor stays valid once the table exists. */
function builtInFields({ source }: SerializedQuery): readonly string[] {
  return source.type === "IndexRange" && source.indexName.endsWith(".by_id") ? ["_id"] : ["_creationTime"];
}

export function encodeCursor(position: Position, print: Buffer, prefix: Buffer): string {
  const kind = Buffer.from([VERSION, position === "end" ? END : AFTER]);
  const rest = position === "end" ? Buffer.alloc(0) : position.after.subarray(prefix.length);
  return Buffer.concat([kind, print, rest]).toString("base64url");
}

/** @throws SyscallError for a malformed cursor or a cursor of another query. As on Convex, its `data` identifies it. */
export function decodeCursor(cursor: unknown, print: Buffer, prefix: Buffer): Position {
  const bytes = typeof cursor === "string" ? Buffer.from(cursor, "base64url") : Buffer.alloc(0);
  const intact =
    bytes.length >= HEADER_BYTES && bytes[0] === VERSION && bytes.toString("base64url") === cursor;
  if (!intact) throw invalid("Failed to parse cursor");
  if (!bytes.subarray(2, HEADER_BYTES).equals(print)) {
    throw invalid(
      "Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.",
    );
  }
  if (bytes[1] === END) return "end";
  return { after: Buffer.concat([prefix, bytes.subarray(HEADER_BYTES)]) };
}

function invalid(problem: string): SyscallError {
  return new SyscallError(`InvalidCursor: ${problem}`, {
    data: { isConvexSystemError: true, paginationError: "InvalidCursor" },
  });
}
