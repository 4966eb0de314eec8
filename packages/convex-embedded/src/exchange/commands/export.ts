/**
 * `npx convex-embedded export FILE.zip`: exports the data in Convex's snapshot format, for `npx convex import`. Works while a server
 * is running.
 *
 * Like a backup, it first copies a snapshot of the database and reads from the copy. An export may take long, and SQLite could not
 * checkpoint the server's write-ahead log while a reader is active.
 */
import { createWriteStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SnapshotCounts, SnapshotEntry } from "../exportEntries";
import { snapshotEntries } from "../exportEntries";
import { countOpenJobs } from "../../jobs/jobs";
import { loadCatalog } from "../../store/catalog";
import { openReadConnection } from "../../store/layout";
import { SnapshotPool } from "../../store/snapshots";
import { bytesOf, withCopy } from "../../backup/backup";

export interface ExportOptions {
  /** The data directory. */
  readonly directory: string;
  /** The path of the snapshot. The file must not exist. */
  readonly file: string;
  /** False to leave out stored files. Default true. */
  readonly withFiles?: boolean;
  readonly progress: (line: string) => void;
  /** See `CopyOptions`. */
  readonly endOnSignal?: boolean;
}

export interface ExportResult extends Readonly<SnapshotCounts> {
  /** The size of the snapshot. */
  readonly bytes: number;
  /** The number of waiting or running scheduled functions, which the format does not support. */
  readonly jobs: number;
}

/** A fixed time for all entries, so that the same data gives the same file. */
const TIME = new Date("2000-01-01T00:00:00Z");

/** The fastest compression level. Most stored files are already compressed, but Convex's own snapshots compress every entry. */
const FASTEST = 1;

/** Exports a snapshot. @throws Error that says what is wrong: no data, an existing file, missing or corrupt stored files. */
export function exportSnapshot({
  directory,
  file,
  withFiles = true,
  progress,
  endOnSignal = true,
}: ExportOptions): Promise<ExportResult> {
  return withCopy({ directory, file, endOnSignal }, async (copy, part) => {
    const db = openReadConnection(copy);
    const catalog = loadCatalog(db);
    const snapshots = new SnapshotPool(copy, 0, catalog);
    try {
      const reader = snapshots.snapshot();
      const counts: SnapshotCounts = { documents: 0, tables: 0, files: 0 };
      const source = { reader, catalog, progress, withFiles, bytesOf: bytesOf.bind(null, directory) };
      await writeZip(part, snapshotEntries(source, counts));
      return { ...counts, bytes: statSync(part).size, jobs: countOpenJobs(reader, catalog) };
    } finally {
      snapshots.close();
      db.close();
    }
  });
}

/** Writes an archive. Resolves when its bytes are on disk; its name is not synced. */
async function writeZip(file: string, entries: Iterable<SnapshotEntry>): Promise<void> {
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on("error", (error: Error) => output.destroy(error));
  for (const { name, bytes, size } of entries) {
    const options = { mtime: TIME, ...(size !== undefined && { size, compressionLevel: FASTEST }) };
    zip.addReadStreamLazy(name, options, (open) => {
      open(
        null,
        Readable.from(bytes(), { objectMode: false }).on("error", (error) => output.destroy(error)),
      );
    });
  }
  zip.end();
  await pipeline(output, createWriteStream(file, { flags: "wx", mode: 0o600, flush: true }));
}
