/** `convex-embedded restore FILE`: restores a backup into a data directory, all or nothing. */
import { createHash } from "node:crypto";
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Entry } from "yauzl";
import { ZipReader } from "./zipReader";
import { relativePathOf } from "../files/filesDisk";
import { isCorruption } from "../store/corruption";
import {
  dataEntries,
  DATABASE_FILE,
  discardUnpacked,
  FILES_DIRECTORY,
  finishRestore,
  isRestorePending,
  makeUnpackDirectory,
  installUnpacked,
  SECRET_FILE,
  STARTED_FILE,
} from "../store/directory";
import { makeDurableDirectory, syncDirectoryAsync } from "../store/durable";
import { checkFormat, openReadConnection } from "../store/layout";
import { lockDirectory } from "../store/lock";
import { checkManifest, checkSeal, MANIFEST, parseSums, SUMS } from "./archive";
import { filesIn } from "./backup";
import { withCleanUp } from "./cleanUp";

export interface RestoreOptions {
  readonly file: string;
  /** The data directory; created if missing. */
  readonly directory: string;
  /** True if existing data may be replaced. */
  readonly replace: boolean;
}

/** The only names that are unpacked, so that no name leads out of the directory. */
const NAMES = new RegExp(
  `^(?:${[DATABASE_FILE, SECRET_FILE, STARTED_FILE].join("|").replaceAll(".", "\\.")}|${FILES_DIRECTORY}/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f-]{36})$`,
);

/** The size limit of text entries, which are read into memory. */
const MAX_TEXT_BYTES = 1024 * 1024 * 1024;

export interface RestoreResult {
  /** The number of stored files in the backup. */
  readonly files: number;
  /** False for a backup of version 1, which has checksums of its entries but not of the whole file. */
  readonly sealed: boolean;
}

/**
 * Restores a backup. The whole backup is unpacked and verified before any data is replaced.
 *
 * @throws Error that says what is wrong. In this case nothing has changed.
 */
export async function restore({ file, directory, replace }: RestoreOptions): Promise<RestoreResult> {
  const archive = await readArchive(file);
  try {
    const made = !existsSync(directory);
    const isOurs = existsSync(join(directory, DATABASE_FILE)) || isRestorePending(directory);
    // Check first: a directory that is not a data directory must not even get a lock file.
    if (!isOurs) checkTarget(directory, replace);
    makeDurableDirectory(directory);
    const lock = lockDirectory(directory);
    let done = false;
    try {
      finishRestore(directory);
      checkTarget(directory, replace);
      const files = await withCleanUp(
        () => discardUnpacked(directory),
        async () => {
          const place = makeUnpackDirectory(directory);
          await withFileName(file, () => archive.unpack(place));
          const count = await withFileName(file, () => Promise.resolve(verifyDatabase(place, archive.sums)));
          installUnpacked(directory);
          return count;
        },
      );
      done = true;
      return { files, sealed: archive.sealed };
    } finally {
      lock.release();
      if (!done && made) {
        rmSync(join(directory, "lock"), { force: true });
        rmdirSync(directory);
      }
    }
  } finally {
    archive.close();
  }
}

function checkTarget(directory: string, replace: boolean): void {
  const there = dataEntries(directory);
  if (there.length === 0) return;
  if (!replace) {
    throw new Error(
      `${directory} is not empty. Choose another directory with --data, or replace the data in it with --replace.`,
    );
  }
  if (!existsSync(join(directory, DATABASE_FILE))) {
    throw new Error(
      `${directory} is not a data directory of the embedded runtime. --replace does not change it.`,
    );
  }
}

interface Archive {
  /** True if the backup has a checksum of the whole file, which has been verified. */
  readonly sealed: boolean;
  /** SHA-256 in lower-case hex, by name, of all entries to unpack. */
  readonly sums: ReadonlyMap<string, string>;
  /** Unpacks all entries into a directory. Resolves when they are on disk. Rejects if a checksum differs. */
  unpack(place: string): Promise<void>;
  close(): void;
}

/** Opens a backup and checks that it is valid and complete. */
async function readArchive(file: string): Promise<Archive> {
  return withFileName(file, async () => {
    const sealed = await checkSeal(file);
    const zip = await ZipReader.open(file);
    try {
      const entries = new Map(zip.entries.map((entry) => [entry.fileName, entry]));
      const manifest = await textOf(zip, entries.get(MANIFEST));
      checkManifest(manifest, sealed);
      const sums = parseSums(await textOf(zip, entries.get(SUMS)));
      check(manifest, sums.get(MANIFEST), MANIFEST);
      for (const name of entries.keys())
        if (name !== SUMS && !sums.has(name)) throw new Error(`${SUMS} in it does not name ${name}`);
      sums.delete(MANIFEST);
      for (const name of sums.keys()) {
        if (!entries.has(name)) throw new Error(`${name} is missing from it`);
        if (!NAMES.test(name)) throw new Error(`it contains ${name}, which is not part of a backup`);
      }
      if (!sums.has(DATABASE_FILE)) throw new Error(`${DATABASE_FILE} is missing from it`);
      const unpack = async (place: string): Promise<void> => {
        for (const [name, sum] of sums)
          await unpackEntry(zip, entries.get(name) as Entry, join(place, name), sum);
        await syncTree(place);
      };
      return { sealed, sums, unpack, close: () => zip.close() };
    } catch (error) {
      zip.close();
      throw error;
    }
  });
}

async function textOf(zip: ZipReader, entry: Entry | undefined): Promise<string> {
  if (entry === undefined) throw new Error("it is not a backup of the embedded runtime");
  if (entry.uncompressedSize > MAX_TEXT_BYTES) throw new Error(`${entry.fileName} in it is too large`);
  return text(zip.bytes(entry));
}

async function unpackEntry(zip: ZipReader, entry: Entry, path: string, sum: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of zip.bytes(entry)) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (hash.digest("hex") !== sum) throw corrupt(entry.fileName);
}

function check(content: string, sum: string | undefined, name: string): void {
  if (createHash("sha256").update(content).digest("hex") !== sum) throw corrupt(name);
}

function corrupt(name: string): Error {
  return new Error(`${name} in it is corrupt: its checksum differs`);
}

/** Checks the unpacked database and that all stored files it names were unpacked. @returns the number of stored files. */
function verifyDatabase(place: string, sums: ReadonlyMap<string, string>): number {
  const file = join(place, DATABASE_FILE);
  const db = openReadConnection(file);
  try {
    checkFormat(db, file);
    const found = db.pragma("integrity_check(1)");
    if (found !== "ok") throw new Error(`the database in it is corrupt: ${String(found)}`);
  } finally {
    db.close();
  }
  const stored = filesIn(file);
  for (const { _id, uuid, sha256 } of stored) {
    const expected = Buffer.from(sha256, "base64").toString("hex");
    if (sums.get(`${FILES_DIRECTORY}/${relativePathOf(uuid)}`) !== expected)
      throw new Error(`the stored file ${_id} is missing from it`);
  }
  return stored.length;
}

/** Syncs a directory and its subdirectories. */
async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(directory, entry.name));
  }
  await syncDirectoryAsync(directory);
}

/** Runs `work` and adds the name of the file to its errors. */
async function withFileName<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const problem = isCorruption(error)
      ? `the database in it is corrupt: ${error.message}`
      : (error as Error).message.replace(/\.$/, "");
    throw new Error(`${file} cannot be restored: ${problem}. Nothing was changed.`, { cause: error });
  }
}
