/**
 * The pages of a streaming export, as the connectors of Fivetran and Airbyte read them (`list_snapshot` and `document_deltas` in
 * `crates/database/src/database.rs` of the backend).
 *
 * A connector reads all pages of a snapshot, which has a timestamp T, and then the deltas from T on. On Convex, each page of the
 * snapshot shows the documents at T. This store keeps no history, so a page shows the documents of the moment, without those that
 * changed after T. A connector that applies the snapshot and then the deltas has the database's documents all the same:
 *
 * - A document that did not change after T is in the snapshot.
 * - A document that changed after T may be in the snapshot, from before its change, or not. Its change has a timestamp above T, so
 *   the deltas contain its latest state, or its deletion.
 * - The deltas are ordered by the timestamp of each document's last change. A document that changes while they are read moves
 *   towards their end, so a later page contains it. A page is read from one state of the database and ends at a timestamp C: the
 *   connector then has the latest state of each document whose last change was at C or before. The last page, without `hasMore`,
 *   ends at the timestamp of the last change of all.
 *
 * The change log is complete from a timestamp on, which moves forward as old changes are purged. An earlier T or C is refused, and
 * the connector must begin again.
 */
import { ApiError } from "../../http/api";
import type { Change, ChangeReads } from "../../store/changes/changeReads";
import type { Catalog, TableInfo } from "../../store/types";
import { decodeId, encodeId } from "../../values/ids";
import type { Format } from "./formats";
import { exported } from "./formats";
import type { Selection } from "./selection";

/** The number of documents of a page, as on Convex. */
const MAX_DELTAS = 128;
const MAX_DOCUMENTS = 1024;
/** The number of changes that a page of deltas looks at, including those of tables that are not selected. */
const MAX_CHANGES = 1024;

/** The parts of a response. Both are JSON texts, because timestamps are exact in text only. */
export interface ExportPage {
  readonly values: readonly string[];
  readonly rest: string;
}

export interface ExportRequest {
  readonly selection: Selection;
  readonly format: Format;
  /** True for components that are mounted. Data of others is not exported. */
  readonly isMounted: (component: string) => boolean;
}

/** Returns the documents that changed after a timestamp. @throws ApiError if the log no longer reaches back to it. */
export function deltas(reads: ChangeReads, cursor: bigint, request: ExportRequest): ExportPage {
  const { since, last } = windowOf(reads);
  // A later timestamp comes from another database, or from before a backup was restored.
  if (cursor < since || cursor > last) throw outOfWindow(cursor);
  const { rows, hasMore } = reads.changesAfter(cursor, MAX_CHANGES);
  const values: string[] = [];
  for (const [at, change] of rows.entries()) {
    const columns = columnsOf(change, request);
    if (columns !== null) values.push(deltaText(change, request.format, columns));
    if (values.length < MAX_DELTAS || at === rows.length - 1) continue;
    return { values, rest: `"cursor":${change.ts},"hasMore":true` };
  }
  const end = hasMore ? (rows.at(-1)?.ts ?? last) : last;
  return { values, rest: `"cursor":${end},"hasMore":${hasMore}` };
}

/**
 * Returns documents of a snapshot.
 *
 * @param snapshot Its timestamp, `null` for a new one. @param cursor The end of the page before, `null` for the first page.
 * @throws ApiError for a timestamp that is too old or in the future, and for an invalid cursor.
 */
export function snapshotPage(
  reads: ChangeReads,
  catalog: Catalog,
  { snapshot, cursor }: { readonly snapshot: bigint | null; readonly cursor: string | null },
  request: ExportRequest,
): ExportPage {
  const { since, last } = windowOf(reads);
  const at = snapshot ?? last;
  if (at > last) throw new ApiError(400, "SnapshotTooNew", `Snapshot value ${at} is in the future.`);
  if (at < since) throw new ApiError(400, "SnapshotTooOld", `Snapshot value ${at} is too far in the past.`);
  const position = positionIn(cursor);
  const tables = catalog
    .components()
    .flatMap((component) => catalog.tables(component))
    .filter((table) => table.id >= position.tablet && columnsOf({ ...table, table: table.name }, request))
    .sort((a, b) => a.id - b.id);
  const [table, next] = tables;
  if (table === undefined) return { values: [], rest: `"snapshot":${at},"cursor":null,"hasMore":false` };
  const after = table.id === position.tablet ? position.internalId : START;
  const { rows, hasMore } = reads.documents(table, after, MAX_DOCUMENTS);
  const values = rows
    .filter(({ ts }) => ts <= at)
    .map((row) => documentText({ ...row, ts: row.ts > since ? row.ts : since }, table, request));
  const lastRow = rows.at(-1);
  const end =
    hasMore && lastRow !== undefined
      ? cursorText(table.id, encodeId(table.number, lastRow.internalId))
      : next && cursorText(next.id, "");
  const cursorJson = end === undefined ? "null" : JSON.stringify(end);
  return { values, rest: `"snapshot":${at},"cursor":${cursorJson},"hasMore":${end !== undefined}` };
}

const START = Buffer.alloc(0);

function windowOf(reads: ChangeReads): { readonly since: bigint; readonly last: bigint } {
  const window = reads.window();
  if (window === null) throw new Error("The store keeps no change log");
  return window;
}

function columnsOf(
  { component, table }: { readonly component: string; readonly table: string },
  { selection, isMounted }: ExportRequest,
): ((column: string) => boolean) | null {
  if (table.startsWith("_") || !isMounted(component)) return null;
  return selection.columnsOf(component, table);
}

function deltaText(change: Change, format: Format, columns: (column: string) => boolean): string {
  const { component, table, tableNumber, internalId, json, ts } = change;
  const fields =
    json === null
      ? JSON.stringify({ _id: encodeId(tableNumber, internalId) })
      : exported(json, format, columns);
  return withMetadata(fields, { component, table }, `"_ts":${ts},"_deleted":${json === null}`);
}

function documentText(
  { json, ts }: { readonly json: string; readonly ts: bigint },
  { component, name }: TableInfo,
  request: ExportRequest,
): string {
  const columns = request.selection.columnsOf(component, name) ?? (() => false);
  return withMetadata(exported(json, request.format, columns), { component, table: name }, `"_ts":${ts}`);
}

/** @param fields The JSON text of an object with at least `_id`. */
function withMetadata(
  fields: string,
  { component, table }: { readonly component: string; readonly table: string },
  more: string,
): string {
  return `{"_component":${JSON.stringify(component)},"_table":${JSON.stringify(table)},${more},${fields.slice(1)}`;
}

interface Position {
  /** The id of a table in the store. Tables are exported in this order. */
  readonly tablet: number;
  /** The document before the page. Empty at the start of a table. */
  readonly internalId: Uint8Array;
}

function cursorText(tablet: number, id: string): string {
  return JSON.stringify({ tablet: String(tablet), id });
}

function positionIn(cursor: string | null): Position {
  if (cursor === null) return { tablet: 0, internalId: START };
  try {
    const { tablet, id } = JSON.parse(cursor) as { tablet?: unknown; id?: unknown };
    const internalId = id === "" ? START : typeof id === "string" ? decodeId(id)?.internal : undefined;
    if (typeof tablet === "string" && /^\d{1,15}$/.test(tablet) && internalId !== undefined)
      return { tablet: Number(tablet), internalId };
  } catch {
    // Not JSON.
  }
  throw new ApiError(
    400,
    "InvalidListSnapshotCursor",
    "Invalid value for the `cursor` argument of list_snapshot. Use a `cursor` returned by a previous list_snapshot call, and " +
      "treat it as an opaque value.",
  );
}

function outOfWindow(cursor: bigint): ApiError {
  return new ApiError(
    400,
    "InvalidWindowToReadDocuments",
    `Trying to synchronize from timestamp ${cursor + 1n}, which is older than the database’s retention window. This may happen ` +
      "if you paused your Fivetran or Airbyte connector for a long period of time. Please perform a full sync of the connector. " +
      "See https://fivetran.com/docs/connectors/troubleshooting/trigger-historical-re-syncs or " +
      "https://docs.airbyte.com/platform/operator-guides/refreshes",
  );
}
