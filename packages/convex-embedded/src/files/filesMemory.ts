/** Stored files in memory, for tests. */
import { createHash, randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { ByteSource, FileBytes, WrittenFile } from "./filesBytes";

/** Holds are not needed: a blob keeps its bytes even after the file is deleted. */
export class FileMemory implements FileBytes {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  async write(source: ByteSource, check: (written: WrittenFile) => void): Promise<WrittenFile> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) chunks.push(chunk);
    const bytes = new Uint8Array(Buffer.concat(chunks));
    const sha256 = createHash("sha256").update(bytes).digest();
    const written = { uuid: randomUUID(), size: bytes.length, sha256 };
    check(written);
    this.#files.set(written.uuid, bytes);
    return written;
  }

  hold(): void {
    // Holds are not needed; see the class.
  }

  isHeld(): boolean {
    return false;
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  remove(uuid: string): Promise<void> {
    this.#files.delete(uuid);
    return Promise.resolve();
  }

  async *uuids(): AsyncGenerator<string> {
    for (const uuid of this.#files.keys()) yield await Promise.resolve(uuid);
  }

  blob(uuid: string, contentType: string | null): Promise<Blob> {
    const bytes = this.#files.get(uuid);
    if (bytes === undefined) return Promise.reject(new Error(`File ${uuid} not found`));
    return Promise.resolve(new Blob([bytes], contentType === null ? {} : { type: contentType }));
  }

  open(): Promise<FileHandle> {
    return Promise.reject(new Error("Files in memory cannot be opened by a server"));
  }

  close(): void {
    // Holds are not needed; see the class.
  }
}
