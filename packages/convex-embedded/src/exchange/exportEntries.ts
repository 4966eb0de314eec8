/** Produces the entries of a snapshot in Convex's order. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { StoredFile } from "../files/filesTable";
import { fileById } from "../files/filesTable";
import { mimeOf } from "../files/mime";
import { STORAGE } from "../store/system/systemTables";
import { BY_ID } from "../store/catalog";
import type { Catalog, Reader, TableInfo } from "../store/types";
import { encodeKey, prefixEnd } from "../values/keys";
import { UNIFORM } from "./documents";
import { prefixOf } from "./entries";
import { qualified } from "./plan";
import { toLine } from "./values";

/** One entry. Its content is produced when it is written. */
export interface SnapshotEntry {
  readonly name: string;
  readonly bytes: () => Iterable<string> | AsyncIterable<Buffer>;
  /** The size in bytes, if known in advance. */
  readonly size?: number;
}

export interface SnapshotSource {
  /** False to leave out stored files. Default true. */
  readonly withFiles?: boolean;
  readonly reader: Reader;
  readonly catalog: Catalog;
  /** Returns the path of a file's bytes and a function that checks them after reading. @throws Error if they are missing. */
  readonly bytesOf: (file: StoredFile) => { path: string; check: (bytes: number, sha256: Buffer) => void };
  readonly progress: (line: string) => void;
}

/** Counts of written items. */
export interface SnapshotCounts {
  documents: number;
  tables: number;
  files: number;
}

const README = `# Data in the snapshot format of Convex

Each \`TABLE/documents.jsonl\` holds the documents of a table, one line of JSON each. Import them into a deployment with

    npx convex import FILE.zip

https://docs.convex.dev/database/import-export/import
`;

const CHUNK_CHARACTERS = 64 * 1024;
const DOCUMENTS_PER_LINE = 50_000;
const FILES_PER_LINE = 1000;

/** File extensions by content type, for people who open the archive. An import ignores them. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/json": ".json",
  "application/pdf": ".pdf",
  "image/gif": ".gif",
  "image/jpeg": ".jpeg",
  "image/png": ".png",
  "image/svg+xml": ".svg",
  "image/webp": ".webp",
  "text/csv": ".csv",
  "text/html": ".html",
  "text/plain": ".txt",
};

/** Yields the entries of a snapshot. @param counts is updated as entries are written. */
export function* snapshotEntries(source: SnapshotSource, counts: SnapshotCounts): Generator<SnapshotEntry> {
  const { catalog } = source;
  yield { name: "README.md", bytes: () => [README] };
  const components = catalog.components();
  for (const component of components) {
    yield { name: `${prefixOf(component)}_tables/documents.jsonl`, bytes: () => numbers(catalog, component) };
  }
  for (const table of components.flatMap((component) => userTables(catalog, component))) {
    const folder = `${prefixOf(table.component)}${table.name}`;
    yield { name: `${folder}/documents.jsonl`, bytes: () => documents(source, table, counts) };
    yield { name: `${folder}/generated_schema.jsonl`, bytes: () => [`${JSON.stringify(UNIFORM)}\n`] };
  }
  if (source.withFiles === false) return;
  for (const component of components) yield* storedFiles(source, component, counts);
}

function userTables(catalog: Catalog, component: string): readonly TableInfo[] {
  return catalog.tables(component).filter(({ name }) => !name.startsWith("_"));
}

function numbers(catalog: Catalog, component: string): string[] {
  const tables = userTables(catalog, component).toSorted((a, b) => a.number - b.number);
  return tables.map(({ name, number }) => `${JSON.stringify({ name, id: number })}\n`);
}

function* documents(source: SnapshotSource, table: TableInfo, counts: SnapshotCounts): Generator<string> {
  let count = 0;
  const lines = function* (): Generator<string> {
    for (const json of rowsOf(source, table)) {
      yield toLine(json);
      count++;
      if (count % DOCUMENTS_PER_LINE === 0) source.progress(`${qualified(table)}: ${count} documents so far`);
    }
  };
  yield* inChunks(lines());
  counts.tables++;
  counts.documents += count;
  source.progress(`${qualified(table)}: ${count} documents`);
}

/** Drops the parameters of a content type that Convex's import would refuse. Older versions of this package stored such types. */
function importable(contentType: string | null): string | null {
  if (contentType === null) return null;
  return mimeOf(contentType) ?? mimeOf(contentType.split(";", 1)[0]?.trim() ?? "");
}

function* storedFiles(
  source: SnapshotSource,
  component: string,
  counts: SnapshotCounts,
): Generator<SnapshotEntry> {
  const { reader, catalog, progress } = source;
  const table = catalog.table(component, STORAGE);
  const folder = `${prefixOf(component)}${STORAGE}`;
  const ids = function* (): Generator<{ _id: string; _creationTime: number }> {
    if (table === null) return;
    for (const json of rowsOf(source, table))
      yield JSON.parse(json) as { _id: string; _creationTime: number };
  };
  const metadata = function* (): Generator<string> {
    for (const { _id, _creationTime } of ids()) {
      const { sha256, size, contentType, uuid } = fileById(reader, catalog, component, _id) as StoredFile;
      const stored = { sha256, size, contentType: importable(contentType), internalId: uuid };
      yield JSON.stringify({ _id, _creationTime, ...stored });
    }
  };
  yield { name: `${folder}/documents.jsonl`, bytes: () => inChunks(metadata()) };
  for (const { _id } of ids()) {
    const file = fileById(reader, catalog, component, _id) as StoredFile;
    const extension = EXTENSIONS[file.contentType?.split(";")[0] ?? ""] ?? "";
    const bytes = () => {
      counts.files++;
      if (counts.files % FILES_PER_LINE === 0) progress(`${counts.files} stored files so far`);
      return contentsOf(source, file);
    };
    yield { name: `${folder}/${_id}${extension}`, bytes, size: file.size };
  }
}

async function* contentsOf({ bytesOf }: SnapshotSource, file: StoredFile): AsyncGenerator<Buffer> {
  const { path, check } = bytesOf(file);
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  check(size, hash.digest());
}

/** Yields the stored JSON of a table's documents, ordered by id. */
function* rowsOf({ reader }: SnapshotSource, table: TableInfo): Generator<string> {
  const index = table.indexes.find(({ name }) => name === BY_ID);
  if (index === undefined) return;
  const start = encodeKey([]);
  const rows = reader.scan(index, { start, end: prefixEnd(start) }, "asc");
  for (let row = rows.next(); row !== null; row = rows.next()) yield row.json;
}

/** Joins lines into chunks, because writing each line separately would cost more than producing its document. */
function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
