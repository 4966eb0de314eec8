/**
 * The one file that a backup is: a ZIP archive that any tool can unpack, and check with `sha256sum -c SHA256SUMS`.
 *
 * `backup.json` says what it is and of which version, `SHA256SUMS` comes last and names every other entry: what is not
 * in it does not belong there.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { Readable as Readables } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

export const MANIFEST = "backup.json";
export const SUMS = "SHA256SUMS";

/** Of the archive. The database in it has a format of its own. */
const VERSION = 1;

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
  zip.end();
  await pipeline(output, createWriteStream(file, { flags: "wx", mode: 0o600, flush: true }));
}

/** @throws Error if the manifest is not that of a backup, or of a newer one than this program knows. */
export function checkManifest(text: string): void {
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
}

/** What `SHA256SUMS` says: the digest in lower-case hex by name. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) sums.set(match[2], match[1]);
  }
  return sums;
}

function sumLine(digest: Buffer, name: string): string {
  return `${digest.toString("hex")}  ${name}\n`;
}
