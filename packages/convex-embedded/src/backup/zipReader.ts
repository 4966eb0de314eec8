/** Reads the entries of an untrusted ZIP archive. */
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";

/** One line of an entry, without its line end. */
export interface Line {
  /** The line number, from 1. */
  readonly number: number;
  readonly text: string;
}

/** Larger than any encoding of a document of 1 MiB. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

export class ZipReader {
  private constructor(
    private readonly zip: ZipFile,
    readonly entries: readonly Entry[],
  ) {}

  /** Opens an archive. @throws Error if it is not a ZIP archive, or is incomplete. */
  static async open(file: string): Promise<ZipReader> {
    const { openPromise } = await import("yauzl");
    const zip = await openPromise(file, { lazyEntries: true, autoClose: false, strictFileNames: true });
    try {
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName)) throw new Error(`it contains ${entry.fileName} twice`);
        entries.set(entry.fileName, entry);
      }
      return new ZipReader(zip, [...entries.values()]);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  close(): void {
    this.zip.close();
  }

  /** Yields the bytes of an entry. Throws at the end if their checksum differs. */
  async *bytes(entry: Entry): AsyncGenerator<Buffer> {
    let sum = 0;
    try {
      for await (const chunk of (await this.zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
        sum = crc32(chunk, sum);
        yield chunk;
      }
    } catch (error) {
      throw new Error(`${entry.fileName} in it cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (sum !== entry.crc32) throw new Error(`${entry.fileName} in it is corrupt: its checksum differs`);
  }

  /** Yields the lines of a text entry. */
  async *lines(entry: Entry): AsyncGenerator<Line> {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let number = 0;
    const line = (bytes: Buffer): Line => {
      number++;
      try {
        return { number, text: decoder.decode(bytes) };
      } catch (error) {
        throw new Error(`line ${number} of ${entry.fileName} is not UTF-8`, { cause: error });
      }
    };
    let begun: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.bytes(entry)) {
      let from = 0;
      for (let end; (end = chunk.indexOf(NEWLINE, from)) !== -1; from = end + 1) {
        yield line(Buffer.concat([...begun, chunk.subarray(from, end)]));
        begun = [];
        length = 0;
      }
      begun.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > MAX_LINE_BYTES) throw new Error(`line ${number + 1} of ${entry.fileName} is too long`);
    }
    if (length > 0) yield line(Buffer.concat(begun));
  }
}
