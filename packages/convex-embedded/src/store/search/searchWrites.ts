/** Writes the postings of search indexes in SQLite. */
import type { SearchEntry, TermRecord } from "../../search/entry";
import { changedRecords, recordsOf } from "../../search/entry";
import { numberAt, offsetOf, recordBytes } from "../../search/postings";
import type { Connection, Statement } from "../sqlite";
import type { SearchIndexInfo, TableKey } from "../types";

/**
 * The newest postings of a term are in its tail, which moves to the last block when it is full. A short tail keeps inserts cheap, and
 * long blocks make searches fast: a full block of tokens is just short enough for one page of SQLite.
 */
const TAIL_POSTINGS = 64;
const BLOCK_POSTINGS = 7 * TAIL_POSTINGS;

interface TermRow {
  readonly id: number;
  readonly documents: number;
  readonly tail: Uint8Array;
}

interface Block {
  readonly first: number;
  readonly postings: Uint8Array;
}

export class SearchWrites {
  readonly #sql: Readonly<Record<keyof typeof SQL, Statement>>;

  constructor(private readonly db: Connection) {
    this.#sql = Object.fromEntries(
      Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]),
    ) as Record<keyof typeof SQL, Statement>;
  }

  /** Adds an entry of a new document, whose number must be greater than all others in the index. */
  append(index: SearchIndexInfo, number: number, entry: SearchEntry): void {
    for (const { term, record } of recordsOf(entry, number)) this.#append(index.id, term, record);
    this.#sql.count.run(1, entry.length, index.id);
  }

  /** Adds postings of any documents. @param records The postings of each term, sorted. */
  addMany(index: SearchIndexInfo, records: Iterable<TermRecord>, documents: number, tokens: number): void {
    for (const { term, record } of records) this.#add(index.id, term, record);
    this.#sql.count.run(documents, tokens, index.id);
  }

  change(index: SearchIndexInfo, row: number, before: SearchEntry, after: SearchEntry): void {
    const { removed, added, replaced } = changedRecords(before, after, this.#existingNumber(row));
    for (const { term, record } of removed) this.#remove(index.id, term, record);
    for (const { term, record } of replaced) this.#replace(index.id, term, record);
    for (const { term, record } of added) this.#add(index.id, term, record);
    if (before.length !== after.length) this.#sql.count.run(0, after.length - before.length, index.id);
  }

  remove(index: SearchIndexInfo, row: number, entry: SearchEntry): void {
    for (const { term, record } of recordsOf(entry, this.#existingNumber(row)))
      this.#remove(index.id, term, record);
    this.#sql.count.run(-1, -entry.length, index.id);
  }

  /** Returns a document's number, `null` if no search index contains it. */
  numberOf(row: number): number | null {
    const found = this.#sql.number.get(row) as { number: number } | undefined;
    return found?.number ?? null;
  }

  /** Numbers a document. @returns the number, which is greater than all others of the table. */
  addNumber(table: TableKey, row: number): number {
    const { number } = this.#sql.addNumber.get(row, table.id, table.id) as { number: number };
    return number;
  }

  removeNumber(row: number): void {
    this.#sql.removeNumber.run(row);
  }

  /** Deletes all numbers of a table. */
  removeNumbers(table: TableKey): void {
    this.#sql.removeNumbers.run(table.id);
  }

  /** Deletes the postings of an index. */
  clear(index: SearchIndexInfo): void {
    this.#sql.clearBlocks.run(index.id);
    this.#sql.clearTerms.run(index.id);
    this.db.prepare("UPDATE search_indexes SET documents = 0, tokens = 0 WHERE id = ?").run(index.id);
  }

  #existingNumber(row: number): number {
    const number = this.numberOf(row);
    if (number === null) throw new Error(`Row ${row} has no number in its search indexes`);
    return number;
  }

  /** Adds postings of one term that come after all its other postings. */
  #append(index: number, term: Buffer, records: Buffer): void {
    const size = recordBytes(term);
    const added = this.#sql.append.get(index, term, records.length / size, records);
    const { id, length } = added as { id: number; length: number };
    if (length > TAIL_POSTINGS * size) this.#cut(id, size);
  }

  /** Adds postings of one term. */
  #add(index: number, term: Buffer, records: Buffer): void {
    const found = this.#sql.term.get(index, term) as TermRow | undefined;
    const size = recordBytes(term);
    if (found === undefined || isAfter(records, found.tail, size)) {
      this.#append(index, term, records);
      return;
    }
    for (let at = 0; at < records.length; at += size)
      this.#insert(index, term, records.subarray(at, at + size));
  }

  /** Adds one posting, in the middle if necessary. */
  #insert(index: number, term: Buffer, record: Buffer): void {
    const row = this.#sql.term.get(index, term) as TermRow;
    const number = numberAt(record, 0);
    const block = number < firstOf(row.tail) ? this.#block(row.id, number) : null;
    const edited = inserted(block?.postings ?? row.tail, record);
    if (block === null) this.#setTail(row.id, row.documents + 1, edited);
    else {
      this.#sql.setDocuments.run(row.documents + 1, row.id);
      this.#replaceBlock(row.id, block.first, edited, record.length);
    }
    if (block === null && edited.length > TAIL_POSTINGS * record.length) this.#cut(row.id, record.length);
  }

  #remove(index: number, term: Buffer, record: Buffer): void {
    const row = this.#existingTerm(index, term);
    if (row.documents === 1) {
      this.#sql.removeTerm.run(row.id);
      this.#sql.removeBlocks.run(row.id);
      return;
    }
    const number = numberAt(record, 0);
    const block = this.#blockWith(row, number);
    const postings = without(block?.postings ?? row.tail, number, record.length);
    if (block === null) this.#setTail(row.id, row.documents - 1, postings);
    else {
      this.#sql.setDocuments.run(row.documents - 1, row.id);
      this.#replaceBlock(row.id, block.first, postings, record.length);
    }
  }

  /** Replaces the posting of a document. */
  #replace(index: number, term: Buffer, record: Buffer): void {
    const row = this.#existingTerm(index, term);
    const block = this.#blockWith(row, numberAt(record, 0));
    const postings = replaced(block?.postings ?? row.tail, record);
    if (block === null) this.#setTail(row.id, row.documents, postings);
    else this.#sql.setBlock.run(postings, row.id, block.first);
  }

  #existingTerm(index: number, term: Buffer): TermRow {
    const row = this.#sql.term.get(index, term) as TermRow | undefined;
    if (row !== undefined) return row;
    throw new Error(`The search index ${index} lacks a term of a document: it is corrupt`);
  }

  /** Returns the block with the posting of a document, `null` if the tail has it. */
  #blockWith({ id, tail }: TermRow, number: number): Block | null {
    if (tail.length > 0 && number >= firstOf(tail)) return null;
    const block = this.#block(id, number);
    if (block !== null) return block;
    throw new Error(`A search index lacks a posting of the document ${number}: it is corrupt`);
  }

  /** Moves the postings of a tail, except the last one, to the last block and to new ones. */
  #cut(id: number, size: number): void {
    const { documents, tail } = this.#sql.tail.get(id) as Omit<TermRow, "id">;
    const end = tail.length - size;
    const last = this.#block(id, numberAt(tail, 0));
    let at = 0;
    if (last !== null && last.postings.length + size <= BLOCK_POSTINGS * size) {
      at = Math.min(end, BLOCK_POSTINGS * size - last.postings.length);
      this.#sql.extendBlock.run(tail.subarray(0, at), id, last.first);
    }
    for (let next = at; at < end; at = next) {
      next = Math.min(end, at + BLOCK_POSTINGS * size);
      this.#addBlock(id, tail.subarray(at, next));
    }
    this.#setTail(id, documents, tail.subarray(end));
  }

  /** Replaces a block. Splits it if it has become too long, and deletes it if it is empty. */
  #replaceBlock(id: number, first: number, postings: Uint8Array, size: number): void {
    const middle =
      postings.length <= BLOCK_POSTINGS * size
        ? postings.length
        : Math.floor(postings.length / size / 2) * size;
    const kept = postings.subarray(0, middle);
    if (kept.length > 0 && numberAt(kept, 0) === first) this.#sql.setBlock.run(kept, id, first);
    else {
      this.#sql.removeBlock.run(id, first);
      if (kept.length > 0) this.#addBlock(id, kept);
    }
    if (middle < postings.length) this.#addBlock(id, postings.subarray(middle));
  }

  #addBlock(id: number, postings: Uint8Array): void {
    this.#sql.addBlock.run(id, numberAt(postings, 0), postings);
  }

  #setTail(id: number, documents: number, tail: Uint8Array): void {
    this.#sql.setTail.run(documents, tail, id);
  }

  /** Returns the block for a number: the last one that begins at or before it, else the first one. */
  #block(id: number, number: number): Block | null {
    const block = this.#sql.block.get(id, number) ?? this.#sql.firstBlock.get(id);
    return (block as Block | undefined) ?? null;
  }
}

const SQL = {
  count: "UPDATE search_indexes SET documents = documents + ?, tokens = tokens + ? WHERE id = ?",
  number: "SELECT number FROM search_documents WHERE row = ?",
  addNumber: `INSERT INTO search_documents (row, table_id, number)
    VALUES (?, ?, (SELECT ifnull(max(number), 0) + 1 FROM search_documents WHERE table_id = ?)) RETURNING number`,
  removeNumber: "DELETE FROM search_documents WHERE row = ?",
  removeNumbers: "DELETE FROM search_documents WHERE table_id = ?",
  term: "SELECT id, documents, tail FROM search_terms WHERE index_id = ? AND term = ?",
  tail: "SELECT documents, tail FROM search_terms WHERE id = ?",
  // `||` joins BLOBs byte by byte, but its result has the type TEXT.
  append: `INSERT INTO search_terms (index_id, term, documents, tail) VALUES (?, ?, ?, ?)
    ON CONFLICT (index_id, term) DO UPDATE
    SET documents = documents + excluded.documents, tail = CAST(tail || excluded.tail AS BLOB) RETURNING id, length(tail) AS length`,
  setDocuments: "UPDATE search_terms SET documents = ? WHERE id = ?",
  setTail: "UPDATE search_terms SET documents = ?, tail = ? WHERE id = ?",
  removeTerm: "DELETE FROM search_terms WHERE id = ?",
  block:
    "SELECT first, postings FROM search_blocks WHERE term_id = ? AND first <= ? ORDER BY first DESC LIMIT 1",
  firstBlock: "SELECT first, postings FROM search_blocks WHERE term_id = ? ORDER BY first LIMIT 1",
  addBlock: "INSERT INTO search_blocks (term_id, first, postings) VALUES (?, ?, ?)",
  setBlock: "UPDATE search_blocks SET postings = ? WHERE term_id = ? AND first = ?",
  extendBlock:
    "UPDATE search_blocks SET postings = CAST(postings || ? AS BLOB) WHERE term_id = ? AND first = ?",
  removeBlock: "DELETE FROM search_blocks WHERE term_id = ? AND first = ?",
  removeBlocks: "DELETE FROM search_blocks WHERE term_id = ?",
  clearBlocks: "DELETE FROM search_blocks WHERE term_id IN (SELECT id FROM search_terms WHERE index_id = ?)",
  clearTerms: "DELETE FROM search_terms WHERE index_id = ?",
} as const;

/** True if all postings come after a tail. An empty tail has blocks before it that may end anywhere. */
function isAfter(records: Uint8Array, tail: Uint8Array, size: number): boolean {
  return tail.length > 0 && numberAt(records, 0) > numberAt(tail, tail.length - size);
}

/** Returns the number of a block's first posting. The postings after an empty tail come after all others. */
function firstOf(block: Uint8Array): number {
  return block.length === 0 ? Infinity : numberAt(block, 0);
}

/** Returns a block with one more posting. */
function inserted(block: Uint8Array, record: Uint8Array): Buffer {
  const at = offsetOf(block, record.length, numberAt(record, 0));
  return Buffer.concat([block.subarray(0, at), record, block.subarray(at)]);
}

/** Returns a block without the posting of a document. */
function without(block: Uint8Array, number: number, size: number): Buffer {
  const at = existingOffset(block, number, size);
  return Buffer.concat([block.subarray(0, at), block.subarray(at + size)]);
}

/** Returns a block with another posting of a document. */
function replaced(block: Uint8Array, record: Uint8Array): Buffer {
  const copy = Buffer.from(block);
  copy.set(record, existingOffset(block, numberAt(record, 0), record.length));
  return copy;
}

function existingOffset(block: Uint8Array, number: number, size: number): number {
  const at = offsetOf(block, size, number);
  if (at < block.length && numberAt(block, at) === number) return at;
  throw new Error(`A search index lacks a posting of the document ${number}: it is corrupt`);
}
