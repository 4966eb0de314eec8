/**
 * `npm run embedded -- export FILE.zip`: the data as Convex's snapshots have them, for `npx convex import`, also while a
 * server is at work.
 *
 * One state of the database is copied first, as for a backup, and read from there: an export may take long, and the
 * server's log could not be folded in as long as it is read.
 */
import { createWriteStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
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
  /** The snapshot. It must not exist. */
  readonly file: string;
  readonly progress: (line: string) => void;
}

export interface ExportResult extends Readonly<SnapshotCounts> {
  /** Of the snapshot. */
  readonly bytes: number;
  /** Scheduled functions that wait or run, and are not in it: snapshots have no place for them. */
  readonly jobs: number;
}

/** The same data make the same file. */
const TIME = new Date("2000-01-01T00:00:00Z");

/** Most stored files are compressed already; but Convex's own snapshots hold nothing that is not. */
const QUICK = 1;

/** @throws Error that says what is wrong: no data, a file in the way, stored files that are missing or damaged. */
export function exportSnapshot({ directory, file, progress }: ExportOptions): Promise<ExportResult> {
  return withCopy({ directory, file }, async (copy, part) => {
    const db = openReadConnection(copy);
    const snapshots = new SnapshotPool(copy, 0);
    try {
      const catalog = loadCatalog(db);
      const reader = snapshots.snapshot();
      const counts: SnapshotCounts = { documents: 0, tables: 0, files: 0 };
      const source = { reader, catalog, progress, bytesOf: bytesOf.bind(null, directory) };
      await writeZip(part, snapshotEntries(source, counts));
      return { ...counts, bytes: statSync(part).size, jobs: countOpenJobs(reader, catalog) };
    } finally {
      snapshots.close();
      db.close();
    }
  });
}

/** Writes an archive, and resolves when it is on disk, its name not included. */
async function writeZip(file: string, entries: Iterable<SnapshotEntry>): Promise<void> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on("error", (error: Error) => output.destroy(error));
  for (const { name, bytes, size } of entries) {
    const options = { mtime: TIME, ...(size !== undefined && { size, compressionLevel: QUICK }) };
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
