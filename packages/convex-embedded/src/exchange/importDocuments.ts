/** Imports the documents of a snapshot into their tables. */
import type { Value } from "convex/values";
import type { StoreTransaction } from "../store/transaction";
import type { StoredDocument, TableInfo } from "../store/types";
import { checkSchema, checkShape } from "../values/documents";
import { decodeId } from "../values/ids";
import type { IdNames } from "../values/matches";
import type { ReadDocument } from "./documents";
import { qualified } from "./plan";
import { isCreationTime } from "./values";

const PROBLEMS_LISTED = 10;
const DOCUMENTS_PER_LINE = 50_000;

/** Counts documents that do not match the schema, and describes the first ones. */
export class SchemaProblems {
  #total = 0;
  readonly #first: string[] = [];

  add(problem: string): void {
    this.#total++;
    if (this.#first.length < PROBLEMS_LISTED) this.#first.push(`- ${problem.replaceAll("\n", "\n  ")}`);
  }

  /** @throws Error with the list if any document does not match. */
  refuse(): void {
    if (this.#total === 0) return;
    const count = this.#total === 1 ? "1 document does" : `${this.#total} documents do`;
    const listed = this.#total > PROBLEMS_LISTED ? ` The first ${PROBLEMS_LISTED}:` : "";
    throw new Error(`${count} not match the schema of this project.${listed}\n${this.#first.join("\n")}\n`);
  }
}

export interface TableImport {
  readonly transaction: StoreTransaction;
  readonly table: TableInfo;
  readonly documents: AsyncIterable<ReadDocument>;
  readonly ids: IdNames;
  readonly problems: SchemaProblems;
  readonly progress: (line: string) => void;
}

/**
 * Inserts all documents of one table. Documents that do not match the schema are recorded and skipped.
 *
 * @returns the number of documents. @throws Error that names the line of any other problem.
 */
export async function importDocuments(work: TableImport): Promise<number> {
  const { transaction, table, documents, ids, problems, progress } = work;
  let count = 0;
  for await (const { place, fields } of documents) {
    const { document, internalId } = documentOf(fields, table, place);
    const broken = checkSchema(table.documentType, document, ids);
    if (broken !== null) {
      problems.add(`${qualified(table)}, ${place}, document ${document._id}: ${broken}`);
    } else {
      insert(transaction, table, internalId, document, place);
    }
    count++;
    if (count % DOCUMENTS_PER_LINE === 0) progress(`${qualified(table)}: ${count} documents so far`);
  }
  return count;
}

/** Checks a document of the table. @throws Error that names the line if it is invalid. */
function documentOf(
  fields: Record<string, Value>,
  table: TableInfo,
  place: string,
): { document: StoredDocument; internalId: Uint8Array } {
  const { _id, _creationTime } = fields;
  const decoded = typeof _id === "string" ? decodeId(_id) : null;
  if (decoded === null) throw new Error(`${place}: its _id, ${shown(_id)}, is not an id`);
  if (decoded.tableNumber !== table.number) {
    throw new Error(
      `${place}: its _id, ${shown(_id)}, is an id of another table (number ${decoded.tableNumber}; ` +
        `${qualified(table)} has ${table.number})`,
    );
  }
  if (!isCreationTime(_creationTime)) throw new Error(`${place}: its _creationTime is not a time`);
  const document = fields as StoredDocument;
  const problem = checkShape(document);
  if (problem !== null) throw new Error(`${place}: ${problem}`);
  return { document, internalId: decoded.internal };
}

function insert(
  transaction: StoreTransaction,
  table: TableInfo,
  internalId: Uint8Array,
  document: StoredDocument,
  place: string,
): void {
  if (transaction.get(table, internalId) !== null)
    throw new Error(`${place}: another document has the same id, ${document._id}`);
  transaction.insert(table, internalId, document);
}

function shown(value: Value | undefined): string {
  return typeof value === "string" ? value.slice(0, 64) : value === undefined ? "missing" : typeof value;
}
