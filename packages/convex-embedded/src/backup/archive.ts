/**
 * The format of a backup: a ZIP archive that any tool can unpack, and check with `sha256sum -c SHA256SUMS`.
 *
 * `backup.json` holds the format and its version. `SHA256SUMS` is the last entry and names every other one. The comment
 * of the archive, which ends the file, is the SHA-256 of all bytes before it. It covers the bytes that no entry's
 * checksum covers: `SHA256SUMS` itself, names, and the directory of the archive. Version 1 had no such comment.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Readable as Readables } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

export const MANIFEST = "backup.json";
export const SUMS = "SHA256SUMS";

/** Of the archive. The database in it has a format of its own. */
const VERSION = 2;
/** The first version whose comment is the checksum of the file. */
const FIRST_SEALED = 2;

const SEAL = /^sha256:([0-9a-f]{64})$/;
const SEAL_BYTES = "sha256:".length + 64;

const FORMAT = "convex-hono-api embedded backup";

/** One file to be put into an archive. */
export interface ArchiveEntry {
  /** With slashes. */
  readonly name: string;
  /** Where it is read from. */
  readonly path: string;
  readonly compress: boolean;
  /** Looks at what was read; what it throws ends the archive. */
  readonly check?: (bytes: number, sha256: Buffer) => void;
}

/**
 * Writes an archive, and resolves when it is on disk, its name not included. A file that exists is refused.
 *
 * @throws Error of what cannot be read or written; what a `check` has thrown.
 */
export async function writeArchive(
  file: string,
  entries: Iterable<ArchiveEntry>,
  created: Date,
): Promise<void> {
  const zip = new ZipFile();
  const sums: string[] = [];
  const output = zip.outputStream as Readable;
  zip.on("error", (error: Error) => output.destroy(error));

  const manifest = Buffer.from(
    `${JSON.stringify({ format: FORMAT, version: VERSION, created: created.toISOString() }, null, 2)}\n`,
  );
  zip.addBuffer(manifest, MANIFEST);
  sums.push(sumLine(createHash("sha256").update(manifest).digest(), MANIFEST));
  for (const { name, path, compress, check } of entries) {
    const read = async function* (): AsyncGenerator<Buffer> {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
      const digest = hash.digest();
      check?.(size, digest);
      sums.push(sumLine(digest, name));
    };
    zip.addReadStreamLazy(name, { compress }, (open) => {
      open(
        null,
        Readables.from(read()).on("error", (error) => output.destroy(error)),
      );
    });
  }
  // Asked for when all the others are written, and so summed up.
  zip.addReadStreamLazy(SUMS, {}, (open) => open(null, Readables.from([sums.join("")])));
  await endSealed(zip, file);
}

/** Ends an archive and writes it to a new file, with its checksum as the comment. Resolves when it is on disk. */
export async function endSealed(zip: ZipFile, file: string): Promise<void> {
  // Large archives get the 64-bit format by themselves.
  zip.end({ forceZip64Format: false, comment: "-".repeat(SEAL_BYTES) });
  const output = zip.outputStream as Readable;
  await pipeline(output, sealing, createWriteStream(file, { flags: "wx", mode: 0o600, flush: true }));
}

/** Replaces the last bytes of an archive, its comment, by the checksum of the bytes before them. */
async function* sealing(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    const before = bytes.subarray(0, Math.max(0, bytes.length - SEAL_BYTES));
    held = bytes.subarray(before.length);
    hash.update(before);
    yield before;
  }
  yield Buffer.from(`sha256:${hash.digest("hex")}`);
}

/**
 * Verifies the checksum that ends an archive. This reads the whole file.
 *
 * @returns false if the file does not end with a checksum. @throws Error if it does, and any byte has changed.
 */
export async function checkSeal(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const start = (await handle.stat()).size - SEAL_BYTES;
    if (start <= 0) return false;
    const { buffer } = await handle.read(Buffer.alloc(SEAL_BYTES), 0, SEAL_BYTES, start);
    const expected = SEAL.exec(buffer.toString("latin1"))?.[1];
    if (expected === undefined) return false;
    const hash = createHash("sha256");
    const rest = handle.createReadStream({ start: 0, end: start - 1, autoClose: false });
    for await (const chunk of rest as AsyncIterable<Buffer>) hash.update(chunk);
    if (hash.digest("hex") !== expected) throw new Error("it is damaged: the checksum of the file differs");
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * @param sealed whether the file ends with a checksum, which has been verified.
 * @throws Error if the manifest is not that of a backup, or of a newer one than this program knows, and if the checksum of
 * the file is missing.
 */
export function checkManifest(text: string, sealed: boolean): void {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    manifest = null;
  }
  const { format, version } = (manifest ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT || typeof version !== "number") throw new Error("it is no backup of this project");
  if (version > VERSION) {
    throw new Error(
      `it has version ${version}, written by a newer program; this one reads versions up to ${VERSION}. Update this project`,
    );
  }
  if (version >= FIRST_SEALED && !sealed)
    throw new Error("it is damaged: the checksum at the end of the file is missing, or not whole");
}

/** The digests of `SHA256SUMS` in lower-case hex by name. @throws Error for a line that is none, and for a name twice. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error(`${SUMS} in it is cut short`);
  for (const [at, line] of lines.entries()) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined)
      throw new Error(`${SUMS} in it is damaged: line ${at + 1} is not a checksum and a name`);
    if (sums.has(name)) throw new Error(`${SUMS} in it is damaged: it names ${name} twice`);
    sums.set(name, sum);
  }
  return sums;
}

function sumLine(digest: Buffer, name: string): string {
  return `${digest.toString("hex")}  ${name}\n`;
}
