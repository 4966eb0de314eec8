/**
 * The format of a backup: a ZIP archive that any tool can unpack and verify with `sha256sum -c SHA256SUMS`.
 *
 * `backup.json` holds the format and its version. `SHA256SUMS` is the last entry and names every other one. The comment of the
 * archive, which ends the file, is the SHA-256 of all bytes before it. It covers the bytes that no entry's checksum covers:
 * `SHA256SUMS` itself, names, and the central directory. Version 1 had no such comment.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Readable as Readables } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ZipFile } from "yazl";

export const MANIFEST = "backup.json";
export const SUMS = "SHA256SUMS";

/** The version of the archive format. The database in it has its own format version. */
const VERSION = 2;
/** The first version whose comment is the checksum of the file. */
const FIRST_SEALED = 2;

const SEAL = /^sha256:([0-9a-f]{64})$/;
const SEAL_BYTES = "sha256:".length + 64;

const FORMAT = "convex-hono-api embedded backup";

/** One file to add to an archive. */
export interface ArchiveEntry {
  /** The name in the archive, with slashes. */
  readonly name: string;
  /** The path to read from. */
  readonly path: string;
  readonly compress: boolean;
  /** Checks the bytes that were read. If it throws, writing the archive fails. */
  readonly check?: (bytes: number, sha256: Buffer) => void;
}

/**
 * Writes an archive to a new file. Resolves when its bytes are on disk; its name is not synced.
 *
 * @throws Error if the file exists, if reading or writing fails, and the errors of `check`.
 */
export async function writeArchive(
  file: string,
  entries: Iterable<ArchiveEntry>,
  created: Date,
): Promise<void> {
  const yazl = await import("yazl");
  const zip = new yazl.ZipFile();
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
  // Lazy: yazl opens the last entry after all others are written, when all checksums are known.
  zip.addReadStreamLazy(SUMS, {}, (open) => open(null, Readables.from([sums.join("")])));
  await endSealed(zip, file);
}

/** Ends an archive and writes it to a new file with its checksum as the comment. Resolves when it is on disk. */
export async function endSealed(zip: ZipFile, file: string): Promise<void> {
  // yazl uses the 64-bit format for large archives without being forced.
  zip.end({ forceZip64Format: false, comment: "-".repeat(SEAL_BYTES) });
  const output = zip.outputStream as Readable;
  await pipeline(output, sealing, createWriteStream(file, { flags: "wx", mode: 0o600, flush: true }));
}

/** Replaces the last bytes of an archive, its comment, with the checksum of all bytes before them. */
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
 * Verifies the checksum at the end of an archive. It reads the whole file.
 *
 * @returns false if the file does not end with a checksum. @throws Error if the checksum differs.
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
    if (hash.digest("hex") !== expected) throw new Error("it is corrupt: the checksum of the file differs");
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * Checks the manifest of a backup.
 *
 * @param sealed true if the file ends with a checksum, which has been verified.
 * @throws Error if it is not the manifest of a backup, if its version is newer than this program, or if a required checksum of
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
  if (format !== FORMAT || typeof version !== "number")
    throw new Error("it is not a backup of the embedded runtime");
  if (version > VERSION) {
    throw new Error(
      `it has version ${version}, and this program reads versions up to ${VERSION}. Update convex-embedded`,
    );
  }
  if (version >= FIRST_SEALED && !sealed)
    throw new Error("it is corrupt: the checksum at the end of the file is missing or incomplete");
}

/** Parses `SHA256SUMS` into digests in lower-case hex, by name. @throws Error for an invalid line or a duplicate name. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error(`${SUMS} in it is truncated`);
  for (const [at, line] of lines.entries()) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined)
      throw new Error(`${SUMS} in it is corrupt: line ${at + 1} is not a checksum and a name`);
    if (sums.has(name)) throw new Error(`${SUMS} in it is corrupt: it names ${name} twice`);
    sums.set(name, sum);
  }
  return sums;
}

function sumLine(digest: Buffer, name: string): string {
  return `${digest.toString("hex")}  ${name}\n`;
}
