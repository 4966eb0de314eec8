/** Search indexes in SQLite: the operations of `SearchAccess`. */
import { recordsOf } from "../../search/entry";
import type { TermRecord } from "../../search/entry";
import type { Connection } from "../sqlite";
import type { SearchIndexInfo, SearchIndexJSON, TableInfo, TableKey } from "../types";
import type { DocumentRow } from "../writeAccess";
import type { SearchAccess } from "./searchAccess";
import type { IndexedEntry } from "./searchEntries";
import { entryOfParsed } from "./searchEntries";
import { searchFieldsOf } from "./searchFields";
import { SearchWrites } from "./searchWrites";

/** The position of an index that contains no documents yet. */
const UNFILLED = Buffer.alloc(0);

export class SqliteSearch implements SearchAccess {
  readonly #postings: SearchWrites;

  constructor(private readonly db: Connection) {
    this.#postings = new SearchWrites(db);
  }

  insert(table: TableKey, row: number, entries: readonly IndexedEntry[]): void {
    if (entries.length === 0) return;
    const number = this.#postings.addNumber(table, row);
    for (const { index, entry } of entries) this.#postings.append(index, number, entry);
  }

  replace(row: number, before: readonly IndexedEntry[], after: readonly IndexedEntry[]): void {
    for (const [i, { index, entry }] of before.entries()) {
      this.#postings.change(index, row, entry, (after[i] as IndexedEntry).entry);
    }
  }

  remove(row: number, entries: readonly IndexedEntry[]): void {
    if (entries.length === 0) return;
    for (const { index, entry } of entries) this.#postings.remove(index, row, entry);
    this.#postings.removeNumber(row);
  }

  createIndex(table: TableKey, wanted: SearchIndexJSON, enabled: boolean): SearchIndexInfo {
    const fields = searchFieldsOf(wanted);
    const name = wanted.indexDescriptor;
    const empty =
      this.db.prepare("SELECT 1 FROM documents WHERE table_id = ? LIMIT 1").get(table.id) === undefined;
    const position = empty ? null : UNFILLED;
    const { lastInsertRowid } = this.db
      .prepare(
        `INSERT INTO search_indexes (table_id, name, search_field, filter_fields, enabled, documents, tokens, position)
         VALUES (?, ?, ?, ?, ?, 0, 0, ?)`,
      )
      .run(
        table.id,
        name,
        fields.searchField,
        JSON.stringify(fields.filterFields),
        Number(enabled),
        position,
      );
    return { id: Number(lastInsertRowid), name, ...fields, enabled, position };
  }

  enableIndex(index: SearchIndexInfo, enabled: boolean): SearchIndexInfo {
    this.db.prepare("UPDATE search_indexes SET enabled = ? WHERE id = ?").run(Number(enabled), index.id);
    return { ...index, enabled };
  }

  dropIndex(table: TableInfo, index: SearchIndexInfo): void {
    this.#postings.clear(index);
    this.db.prepare("DELETE FROM search_indexes WHERE id = ?").run(index.id);
    if (!this.#hasIndexes(table)) this.#postings.removeNumbers(table);
  }

  /** Empties the indexes of a table, so that the next start fills them. Documents that are inserted meanwhile are not added. */
  reset(table: TableInfo): SearchIndexInfo[] {
    for (const index of table.searchIndexes) this.#postings.clear(index);
    this.#postings.removeNumbers(table);
    return table.searchIndexes.map((index) => this.#move(index, UNFILLED));
  }

  fill(
    table: TableKey,
    indexes: readonly SearchIndexInfo[],
    documents: readonly DocumentRow[],
    position: Buffer | null,
  ): SearchIndexInfo[] {
    const numbered = documents.map(({ row, json }) => ({
      number: this.#postings.numberOf(row) ?? this.#postings.addNumber(table, row),
      document: JSON.parse(json) as object,
    }));
    // Postings must be added in the order of the numbers.
    numbered.sort((a, b) => a.number - b.number);
    for (const index of indexes) {
      const records = new Map<string, TermRecord[]>();
      let tokens = 0;
      for (const { number, document } of numbered) {
        const entry = entryOfParsed(index, document);
        tokens += entry.length;
        for (const record of recordsOf(entry, number)) {
          const term = record.term.toString("latin1");
          const own = records.get(term);
          if (own === undefined) records.set(term, [record]);
          else own.push(record);
        }
      }
      this.#postings.addMany(index, joined(records), documents.length, tokens);
    }
    return indexes.map((index) => this.#move(index, position));
  }

  #move(index: SearchIndexInfo, position: Buffer | null): SearchIndexInfo {
    this.db.prepare("UPDATE search_indexes SET position = ? WHERE id = ?").run(position, index.id);
    return { ...index, position };
  }

  #hasIndexes({ id }: TableKey): boolean {
    return this.db.prepare("SELECT 1 FROM search_indexes WHERE table_id = ? LIMIT 1").get(id) !== undefined;
  }
}

/** Joins the postings of each term. Returns the terms in order, so that neighboring rows are written together. */
function joined(records: ReadonlyMap<string, readonly TermRecord[]>): TermRecord[] {
  return [...records.values()]
    .map((own) => ({
      term: (own[0] as TermRecord).term,
      record: Buffer.concat(own.map(({ record }) => record)),
    }))
    .sort((a, b) => a.term.compare(b.term));
}
