/** One state of an in-memory database, and cursors on it. */
import { keyAfter } from "../values/keys";
import type { StoredRow } from "./writeAccess";
import { byIdBound, byIdKey } from "./byId";
import { tableOfByIdIndex } from "./catalog";
import { internalIdOf } from "./indexKeys";
import type { SortedRows } from "./sortedRows";
import type { IndexInfo, KeyRange, Row, RowCursor, TableKey } from "./types";

/** One state of the database. Immutable once frozen. */
export interface MemoryState {
  /** Documents by internal id, for each table's id. */
  readonly documents: Map<number, SortedRows<StoredRow>>;
  /** Entries by key, for each index's id. */
  readonly entries: Map<number, IndexEntries>;
}

interface IndexEntries {
  readonly table: number;
  readonly rows: SortedRows<null>;
}

/** A cursor. Each call of `next` reads from the state at that moment. */
export class MemoryCursor implements RowCursor {
  #rest: KeyRange;
  readonly #table: TableKey | null;

  constructor(
    private readonly state: () => MemoryState,
    private readonly index: IndexInfo,
    range: KeyRange,
    private readonly order: "asc" | "desc",
  ) {
    const table = tableOfByIdIndex(index);
    this.#table = table;
    this.#rest =
      table === null
        ? range
        : { start: byIdBound(table.number, range.start), end: byIdBound(table.number, range.end) };
  }

  next(): Row | null {
    const state = this.state();
    const entries = state.entries.get(this.index.id);
    const table = this.#table?.id ?? entries?.table;
    const rows: SortedRows<unknown> | undefined =
      this.#table === null ? entries?.rows : state.documents.get(this.#table.id);
    if (table === undefined || rows === undefined) return null;
    const { start, end } = this.#rest;
    const row = this.order === "asc" ? rows.from(start) : rows.before(end);
    if (row === null || row.key.compare(start) < 0 || row.key.compare(end) >= 0) return null;
    this.#rest = this.order === "asc" ? { start: keyAfter(row.key), end } : { start, end: row.key };
    const internalId = this.#table === null ? internalIdOf(row.key) : row.key;
    const document = documentIn(state, table, internalId);
    if (document === undefined) throw new Error("An index entry has no document");
    return {
      key: this.#table === null ? row.key : byIdKey(this.#table.number, internalId),
      json: document.json,
    };
  }
}

/** Returns the document with that id, `undefined` if it does not exist. */
export function documentIn(state: MemoryState, table: number, internalId: Uint8Array): StoredRow | undefined {
  return state.documents.get(table)?.get(internalId);
}

/** Returns all documents of a table. */
export function documentsIn(state: MemoryState, table: number): { internalId: Buffer; json: string }[] {
  const rows = state.documents.get(table);
  return rows === undefined
    ? []
    : [...rows.all()].map(({ key, value }) => ({ internalId: key, json: value.json }));
}

/** Makes a state immutable. @returns the same state. */
export function freeze(state: MemoryState): MemoryState {
  for (const rows of state.documents.values()) rows.freeze();
  for (const { rows } of state.entries.values()) rows.freeze();
  return state;
}

/** Returns a mutable copy of a frozen state. */
export function copyOf({ documents, entries }: MemoryState): MemoryState {
  return { documents: new Map(documents), entries: new Map(entries) };
}
