/** The storage of file bytes, independent of the documents. */
import type { FileHandle } from "node:fs/promises";

/** A stream of bytes: a request's body or the stream of a blob. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** A stored file's bytes. */
export interface WrittenFile {
  /** Random, so that the file's URL cannot be guessed. */
  readonly uuid: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Buffer;
}

export interface FileBytes {
  /**
   * Stores the bytes of a new file and resolves when they are durable. A failed write leaves no bytes. The file is held; the caller
   * must release it.
   *
   * @param check inspects the bytes' size and digest before the file exists; if it throws, the file is discarded.
   */
  write(source: ByteSource, check: (written: WrittenFile) => void): Promise<WrittenFile>;
  /** Keeps a file from being deleted until `release`. */
  hold(uuid: string): void;
  isHeld(uuid: string): boolean;
  /** Undoes one `hold`. */
  release(uuid: string): Promise<void>;
  /** Deletes a file if it exists: now, or when its last hold is released. */
  remove(uuid: string): Promise<void>;
  /** Iterates over the UUIDs of all files. */
  uuids(): AsyncIterable<string>;
  /** Returns the bytes as a lazily read blob. */
  blob(uuid: string, contentType: string | null): Promise<Blob>;
  /** Opens a file for a server to send. Rejects with `ENOENT` if it does not exist. */
  open(uuid: string): Promise<FileHandle>;
  close(): void;
}
