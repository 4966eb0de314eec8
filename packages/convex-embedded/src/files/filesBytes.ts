/** Where the bytes of stored files are kept. What documents say is of no concern there. */
import type { FileHandle } from "node:fs/promises";

/** Bytes, piece by piece: a request's body, the stream of a blob. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** Bytes that are stored. */
export interface WrittenFile {
  /** Random, so that nobody guesses the file's URL. */
  readonly uuid: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Buffer;
}

export interface FileBytes {
  /**
   * Stores the bytes of a new file, and resolves when they are there for good. Nothing stays of one that fails. The file
   * is held: the caller lets go of it.
   *
   * @param check looks at what has come before it is a file; what it throws refuses it.
   */
  write(source: ByteSource, check: (written: WrittenFile) => void): Promise<WrittenFile>;
  /** Keeps a file from being deleted until `release`. */
  hold(uuid: string): void;
  isHeld(uuid: string): boolean;
  /** Undoes one `hold`. */
  release(uuid: string): Promise<void>;
  /** Deletes a file, if it is there: now, or when nobody holds it any more. */
  remove(uuid: string): Promise<void>;
  /** All files that are there. */
  uuids(): AsyncIterable<string>;
  /** The bytes as a blob that reads them when asked. */
  blob(uuid: string, contentType: string | null): Promise<Blob>;
  /** Opens a file to be sent by a server. Rejects with `ENOENT` if there is none. */
  open(uuid: string): Promise<FileHandle>;
  close(): void;
}
