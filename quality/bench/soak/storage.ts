/** The contents of the database, by the kind of request that wrote them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Connection } from "../../../packages/convex-embedded/src/store/sqlite";
import type { Kind } from "../http/mix";

/** The kind of request that stored a document. `other` is for crons, the key and its owner. */
export type Cause = Extract<Kind, "create" | "webhook" | "upload" | "job"> | "other";

export interface StoredSize {
  readonly documents: number;
  /** Bytes of the documents as JSON, with their ids and rows: in the table and in the index of ids. */
  readonly documentBytes: number;
  /** Bytes of the entries of all other indexes. */
  readonly entryBytes: number;
}

export interface Contents {
  readonly sizes: Readonly<Record<Cause, StoredSize>>;
  /** Documents by table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Bytes of all pages of the database. */
  readonly pages: number;
}

/** An id of 16 bytes and a row number, once in the table and once in the index of ids. */
const BYTES_PER_ROW = 2 * (16 + 8);

const TABLES: Readonly<Record<string, Cause>> = {
  items: "create",
  webhookEvents: "webhook",
  payments: "webhook",
  files: "upload",
  _storage: "upload",
  _storage_bytes: "upload",
  jobs: "job",
};
/** The cause of scheduled functions, by their module. */
const MODULES: Readonly<Record<string, Cause>> = {
  "webhooks/process": "webhook",
  process: "job",
  jobs: "job",
};

/** Returns the cause of a document. @param module the module of a scheduled function, `null` for other documents. */
export function causeOf(table: string, module: string | null): Cause {
  return (module === null ? TABLES[table] : MODULES[module.replace(/\.js$/, "")]) ?? "other";
}

interface Row {
  readonly name: string;
  readonly module: string | null;
  readonly count: number;
  readonly bytes: number;
}

const MODULE = `CASE t.name WHEN '_scheduled_functions'
  THEN substr(d.json ->> 'name', 1, instr(d.json ->> 'name', ':') - 1) END`;

/** Reads the sizes from the database, while the server is running or after its end. */
export function readDatabase(directory: string): Contents {
  const db = open(directory);
  try {
    const documents = db
      .prepare<[], Row>(
        `SELECT t.name, ${MODULE} AS module, count(*) AS count, sum(octet_length(d.json)) AS bytes
         FROM documents d JOIN tables t ON t.id = d.table_id GROUP BY 1, 2`,
      )
      .all();
    const entries = db
      .prepare<[], Row>(
        `SELECT t.name, ${MODULE} AS module, count(*) AS count, sum(octet_length(e.key)) AS bytes
         FROM index_entries e JOIN documents d ON d.row = e.document JOIN tables t ON t.id = d.table_id
         GROUP BY 1, 2`,
      )
      .all();
    const number = (name: string) => db.pragma(name) as number;
    const tables: Record<string, number> = {};
    for (const { name, count } of documents) tables[name] = (tables[name] ?? 0) + count;
    const pages = number("page_count") * number("page_size");
    return { sizes: weigh(documents, entries), tables, pages };
  } finally {
    db.close();
  }
}

const open = (directory: string) =>
  new Connection(join(directory, "data.sqlite"), { readonly: true, timeout: 5_000 });

/** Returns the number of jobs that have not succeeded. */
export function unfinishedJobs(directory: string): number {
  const db = open(directory);
  try {
    const counted = db.prepare<[], number>(
      `SELECT count(*) FROM documents WHERE table_id = (SELECT id FROM tables WHERE component = '' AND name = 'jobs')
       AND json ->> 'status' <> 'succeeded'`,
    );
    return counted.pluck().get() ?? 0;
  } finally {
    db.close();
  }
}

function weigh(documents: readonly Row[], entries: readonly Row[]): Record<Cause, StoredSize> {
  const nothing: StoredSize = { documents: 0, documentBytes: 0, entryBytes: 0 };
  const sizes: Record<Cause, StoredSize> = {
    ...{ create: nothing, webhook: nothing, upload: nothing, job: nothing },
    other: nothing,
  };
  const add = (row: Row, more: StoredSize): void => {
    const cause = causeOf(row.name, row.module);
    sizes[cause] = plus(sizes[cause], more, 1);
  };
  for (const row of documents) {
    const documentBytes = row.bytes + row.count * BYTES_PER_ROW;
    add(row, { documents: row.count, documentBytes, entryBytes: 0 });
  }
  for (const row of entries) add(row, { documents: 0, documentBytes: 0, entryBytes: row.bytes });
  return sizes;
}

/** Adds two sizes. @param sign 1 to add, -1 to subtract. */
export function plus(one: StoredSize, other: StoredSize, sign: 1 | -1): StoredSize {
  return {
    documents: one.documents + sign * other.documents,
    documentBytes: one.documentBytes + sign * other.documentBytes,
    entryBytes: one.entryBytes + sign * other.entryBytes,
  };
}

/** Returns the size of the write-ahead log in bytes. */
export function logBytes(directory: string): number {
  return statSync(join(directory, "data.sqlite-wal"), { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns the size of all stored files in bytes. */
export function fileBytes(directory: string): number {
  const entries = readdirSync(join(directory, "files"), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
