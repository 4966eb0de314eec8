/**
 * Stored files: bytes on disk, and the documents that say so.
 *
 * The bytes come first and go last. They are on disk before a document names them, and are deleted when the removal of
 * the document is durable; so a crash can leave bytes without a document, which the next start collects, but never a
 * document without its bytes.
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

/** What comes with the bytes. */
export interface Upload {
  readonly component: string;
  readonly contentType: string | null;
  /** What they must hash to. */
  readonly sha256?: Buffer | undefined;
}

/** The bytes are not those that the digest is of. */
export class Sha256Mismatch extends Error {}

export class FileStorage {
  readonly #tokens: UploadTokens;
  readonly #cleanup: BytesCleanup;

  constructor(private readonly options: FilesOptions) {
    this.#tokens = new UploadTokens(options.key);
    this.#cleanup = new BytesCleanup(options);
  }

  /**
   * Stores a file in a transaction of its own.
   *
   * @param assertWanted called when the bytes are there; what it throws refuses them.
   * @returns its id, once all of it is durable.
   */
  save(source: ByteSource, upload: Upload, assertWanted?: () => void): Promise<string> {
    const saved = this.#save(source, upload, assertWanted);
    // Its caller hears of a failure.
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

  /** Writes the bytes of a file. Either they are adopted or discarded. */
  write(source: ByteSource, { sha256 }: Pick<Upload, "sha256">): Promise<WrittenFile> {
    return this.options.bytes.write(source, (written) => {
      if (sha256 === undefined || sha256.equals(written.sha256)) return;
      const [expected, actual] = [sha256, written.sha256].map((digest) => digest.toString("base64"));
      throw new Sha256Mismatch(`Sha256 mismatch. Expected: ${expected} Actual: ${actual}`);
    });
  }

  /**
   * Makes written bytes a file, if the transaction commits. Where this throws, they are still to be discarded.
   *
   * @param now milliseconds since 1970. @returns its id.
   */
  adopt(transaction: Transaction, written: WrittenFile, upload: Upload, now: number): string {
    const id = this.#insert(transaction, written, upload, now);
    transaction.onSettled(() => this.#cleanup.track(this.#cleanup.deleteIfUnnamed(written.uuid, true)));
    return id;
  }

  /** Deletes written bytes that nobody wants. */
  discard(written: WrittenFile): Promise<void> {
    return this.#cleanup.deleteIfUnnamed(written.uuid, true);
  }

  /** Deletes a file, if the transaction commits; its bytes go when that is durable. */
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

  /** Calls back with the last committed state. Nothing read in it holds afterwards, unless it is held. */
  committed<T>(work: (reader: Reader) => T): T {
    const snapshot = this.options.store.snapshot();
    try {
      return work(snapshot);
    } finally {
      snapshot.release();
    }
  }

  /** The bytes as a blob that reads them when asked. Whoever asks holds the file as long as the blob is of use. */
  blob({ uuid, contentType }: StoredFile): Promise<Blob> {
    return this.options.bytes.blob(uuid, contentType);
  }

  /** Opens the bytes of a file that is held. */
  open(file: StoredFile): Promise<FileHandle> {
    return this.options.bytes.open(file.uuid);
  }

  /** Keeps the bytes of a file, deleted or not, until the function that is returned is called. */
  hold({ uuid }: StoredFile): () => void {
    this.options.bytes.hold(uuid);
    return () => this.#cleanup.track(this.options.bytes.release(uuid));
  }

  /** Where a file can be read by everyone who knows the URL. */
  urlOf({ uuid }: StoredFile): string {
    return `${this.options.origin}/api/storage/${uuid}`;
  }

  /** Where a file can be sent to within the hour. @param now milliseconds since 1970. */
  uploadUrl(component: string, now: number): string {
    return `${this.options.origin}/api/storage/upload?token=${this.#tokens.issue(component, now)}`;
  }

  checkToken(token: string): CheckedToken {
    return this.#tokens.check(token, this.options.clock());
  }

  /** Begins to look for bytes that no document names, and deletes them. */
  collect(): void {
    this.#cleanup.collect();
  }

  /** Resolves when nothing is being stored, and nothing is left to be deleted. */
  idle(): Promise<void> {
    return this.#cleanup.idle();
  }

  /** Looks for no more bytes without documents, and resolves when the rest is done. */
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
