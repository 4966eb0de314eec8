/**
 * Stored files: bytes on disk, and documents that name them.
 *
 * Bytes are written before the document that names them, and deleted after the removal of the document is durable. A crash can
 * therefore leave bytes without a document, which the next start deletes, but never a document without its bytes.
 */
import type { FileHandle } from "node:fs/promises";
import type { CreationTimes } from "../store/creationTimes";
import type { Reader, Store, Transaction } from "../store/types";
import type { ByteSource, WrittenFile } from "./filesBytes";
import type { StoredFile } from "./filesTable";
import { fileById, fileByUuid, insertFile, isFileId, removeFile } from "./filesTable";
import type { CleanupOptions } from "./bytesCleanup";
import { BytesCleanup } from "./bytesCleanup";
import type { CheckedToken } from "./uploadTokens";
import { UploadTokens } from "./uploadTokens";

export interface FilesOptions extends CleanupOptions {
  readonly creationTimes: CreationTimes;
  /** The origin of storage URLs, without a trailing slash. */
  readonly origin: string;
  /** Signs upload URLs. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The metadata of an upload. */
export interface Upload {
  readonly component: string;
  readonly contentType: string | null;
  /** The expected digest of the bytes. */
  readonly sha256?: Buffer | undefined;
}

/** The bytes do not match the expected digest. */
export class Sha256Mismatch extends Error {}

export class FileStorage {
  readonly #tokens: UploadTokens;
  readonly #cleanup: BytesCleanup;

  constructor(private readonly options: FilesOptions) {
    this.#tokens = new UploadTokens(options.key);
    this.#cleanup = new BytesCleanup(options);
  }

  /**
   * Stores a file in its own transaction.
   *
   * @param assertWanted called when the bytes are on disk; if it throws, the file is discarded.
   * @returns the id, once the file is durable.
   */
  save(source: ByteSource, upload: Upload, assertWanted?: () => void): Promise<string> {
    const saved = this.#save(source, upload, assertWanted);
    // The caller receives the error.
    this.#cleanup.track(
      saved.then(
        () => undefined,
        () => undefined,
      ),
    );
    return saved;
  }

  async #save(source: ByteSource, upload: Upload, assertWanted?: () => void): Promise<string> {
    const written = await this.write(source, upload);
    try {
      assertWanted?.();
      return await this.options.store.mutate((transaction) =>
        Promise.resolve(this.#insert(transaction, written, upload, this.options.clock())),
      );
    } finally {
      await this.#cleanup.deleteIfUnnamed(written.uuid, true);
    }
  }

  /** Writes the bytes of a file. The caller must adopt or discard them. */
  write(source: ByteSource, { sha256 }: Pick<Upload, "sha256">): Promise<WrittenFile> {
    return this.options.bytes.write(source, (written) => {
      if (sha256 === undefined || sha256.equals(written.sha256)) return;
      const [expected, actual] = [sha256, written.sha256].map((digest) => digest.toString("base64"));
      throw new Sha256Mismatch(`Sha256 mismatch. Expected: ${expected} Actual: ${actual}`);
    });
  }

  /**
   * Makes written bytes a file when the transaction commits. If this throws, the caller must still discard them.
   *
   * @param now milliseconds since 1970. @returns the id of the file.
   */
  adopt(transaction: Transaction, written: WrittenFile, upload: Upload, now: number): string {
    const id = this.#insert(transaction, written, upload, now);
    transaction.onSettled(() => this.#cleanup.track(this.#cleanup.deleteIfUnnamed(written.uuid, true)));
    return id;
  }

  /** Deletes written bytes that were not adopted. */
  discard(written: WrittenFile): Promise<void> {
    return this.#cleanup.deleteIfUnnamed(written.uuid, true);
  }

  /** Deletes a file when the transaction commits. Its bytes are deleted once the commit is durable. */
  delete(transaction: Transaction, file: StoredFile): void {
    transaction.onSettled(() => this.#cleanup.track(this.#cleanup.deleteIfUnnamed(file.uuid, false)));
    removeFile(transaction, this.#catalog, file);
  }

  isFileId(component: string, id: string): boolean {
    return isFileId(this.#catalog, component, id);
  }

  byId(reader: Reader, component: string, id: string): StoredFile | null {
    return fileById(reader, this.#catalog, component, id);
  }

  byUuid(reader: Reader, uuid: string): StoredFile | null {
    return fileByUuid(reader, this.#catalog, uuid);
  }

  /** Calls back with the last committed state. A file read in the callback may be deleted afterwards, unless it is held. */
  committed<T>(work: (reader: Reader) => T): T {
    const snapshot = this.options.store.snapshot();
    try {
      return work(snapshot);
    } finally {
      snapshot.release();
    }
  }

  /** Returns the bytes as a lazily read blob. The caller must hold the file while it uses the blob. */
  blob({ uuid, contentType }: StoredFile): Promise<Blob> {
    return this.options.bytes.blob(uuid, contentType);
  }

  /** Opens the bytes of a file. The caller must hold the file. */
  open(file: StoredFile): Promise<FileHandle> {
    return this.options.bytes.open(file.uuid);
  }

  /** Keeps the bytes of a file, even if it is deleted, until the returned function is called. */
  hold({ uuid }: StoredFile): () => void {
    this.options.bytes.hold(uuid);
    return () => this.#cleanup.track(this.options.bytes.release(uuid));
  }

  /** Returns the URL of a file. Anyone who knows the URL can read the file. As on Convex, it names the component of the file. */
  urlOf({ uuid, component }: StoredFile): string {
    const query = component === "" ? "" : `?component=${encodeURIComponent(component)}`;
    return `${this.options.origin}/api/storage/${uuid}${query}`;
  }

  /** Returns an upload URL, valid for one hour. @param now milliseconds since 1970. */
  uploadUrl(component: string, now: number): string {
    return `${this.options.origin}/api/storage/upload?token=${this.#tokens.issue(component, now)}`;
  }

  checkToken(token: string): CheckedToken {
    return this.#tokens.check(token, this.options.clock());
  }

  /** Starts to delete all bytes that no document names. */
  collect(): void {
    this.#cleanup.collect();
  }

  /** Resolves when no file is being stored or deleted. */
  idle(): Promise<void> {
    return this.#cleanup.idle();
  }

  /** Stops the search for bytes without documents, and resolves when the other work is done. */
  async close(): Promise<void> {
    await this.#cleanup.close();
    this.options.bytes.close();
  }

  get #catalog(): Store["catalog"] {
    return this.options.store.catalog;
  }

  #insert(transaction: Transaction, written: WrittenFile, upload: Upload, now: number): string {
    const { component, contentType } = upload;
    const creationTime = this.options.creationTimes.next(now);
    return insertFile(transaction, this.#catalog, written, { component, contentType, creationTime });
  }
}
