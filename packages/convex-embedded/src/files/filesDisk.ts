/**
 * The bytes of stored files: `DIR/ab/cd/abcd….` for each, named by its UUID, and `DIR/tmp/` for what is still coming.
 *
 * A file appears under its name when all of it is on disk, and is never changed. What documents say is of no concern
 * here.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, openAsBlob, readdirSync, rmSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, syncDirectoryAsync } from "../store/durable";
import { refuseDiskError } from "../store/unavailable";
import { Deletions } from "./deletions";
import type { ByteSource, FileBytes, WrittenFile } from "./filesBytes";

/** Where to call in from a test: what they throw counts as the failure of the step. Production leaves these out. */
export interface DiskHooks {
  /** Before the bytes of a file, or the names of a directory, are forced to disk. */
  readonly beforeSync?: (path: string) => unknown;
  readonly beforeRename?: (path: string) => unknown;
}

const MADE = Promise.resolve();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FAN_OUT = /^[0-9a-f]{2}$/;

/** True for the lower-case text of a UUID, which as a name cannot lead out of a directory. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Where a file is within the directory, with slashes. */
export function relativePathOf(uuid: string): string {
  return `${uuid.slice(0, 2)}/${uuid.slice(2, 4)}/${uuid}`;
}

export class FileDisk implements FileBytes {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #hooks: DiskHooks;
  readonly #deletions: Deletions;
  /** How often each file is held by who reads it, or has written it and not yet said what becomes of it. */
  readonly #holds = new Map<string, number>();
  /** Files to be deleted when nobody holds them any more. */
  readonly #doomed = new Set<string>();
  /** Directories by path that this process has made sure of. */
  readonly #known = new Map<string, Promise<void>>();

  /**
   * Opens the directory, made if missing, and deletes what a crash left half written. To be called by who holds the
   * lock of the data directory.
   *
   * @param areHeld true while no file may be deleted; those that should be are when it is over.
   */
  constructor(directory: string, hooks: DiskHooks = {}, areHeld: () => boolean = () => false) {
    this.#deletions = new Deletions(areHeld);
    this.#directory = directory;
    this.#temporary = join(directory, "tmp");
    this.#hooks = hooks;
    mkdirSync(this.#temporary, { recursive: true });
    syncDirectory(dirname(directory));
    for (const name of readdirSync(this.#temporary)) {
      rmSync(join(this.#temporary, name), { recursive: true, force: true });
    }
  }

  /** Where the bytes of a file are. */
  pathOf(uuid: string): string {
    return join(this.#directory, relativePathOf(uuid));
  }

  /** Resolves when all of it is on disk, its name included. */
  /** @param uuid of a file that comes from elsewhere. None of that name may be there that is of use. */
  async write(
    source: ByteSource,
    check: (written: WrittenFile) => void,
    uuid: string = randomUUID(),
  ): Promise<WrittenFile> {
    const temporary = join(this.#temporary, uuid);
    this.hold(uuid);
    try {
      const written = { uuid, ...(await this.#writeTemporary(temporary, source)) };
      check(written);
      await this.#mayFan(uuid);
      await this.#hooks.beforeRename?.(temporary);
      await rename(temporary, this.pathOf(uuid));
      await this.#sync(this.#leafOf(uuid));
      return written;
    } catch (error) {
      await rm(temporary, { force: true });
      await this.remove(uuid);
      await this.release(uuid);
      return refuseDiskError(error);
    }
  }

  open(uuid: string): Promise<FileHandle> {
    return open(this.pathOf(uuid), "r");
  }

  async blob(uuid: string, contentType: string | null): Promise<Blob> {
    return openAsBlob(this.pathOf(uuid), contentType === null ? {} : { type: contentType });
  }

  hold(uuid: string): void {
    this.#holds.set(uuid, (this.#holds.get(uuid) ?? 0) + 1);
  }

  isHeld(uuid: string): boolean {
    return this.#holds.has(uuid);
  }

  async release(uuid: string): Promise<void> {
    const left = (this.#holds.get(uuid) ?? 0) - 1;
    if (left > 0) {
      this.#holds.set(uuid, left);
      return;
    }
    this.#holds.delete(uuid);
    if (this.#doomed.delete(uuid)) await this.#deletions.delete(this.pathOf(uuid));
  }

  async remove(uuid: string): Promise<void> {
    if (this.isHeld(uuid)) this.#doomed.add(uuid);
    else await this.#deletions.delete(this.pathOf(uuid));
  }

  close(): void {
    this.#deletions.close();
  }

  /** One directory at a time. */
  async *uuids(): AsyncGenerator<string> {
    for (const first of await names(this.#directory, FAN_OUT)) {
      for (const second of await names(join(this.#directory, first), FAN_OUT)) {
        const leaf = join(this.#directory, first, second);
        for (const uuid of await names(leaf, UUID)) if (this.#leafOf(uuid) === leaf) yield uuid;
      }
    }
  }

  async #writeTemporary(path: string, source: ByteSource): Promise<{ size: number; sha256: Buffer }> {
    const hash = createHash("sha256");
    let size = 0;
    const file = await open(path, "wx", 0o600);
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.byteLength;
        await writeAll(file, chunk);
      }
      await this.#hooks.beforeSync?.(path);
      await file.sync();
    } finally {
      await file.close();
    }
    return { size, sha256: hash.digest() };
  }

  /** Makes the directory that the file belongs in. Its name is on disk then, whoever made it. */
  async #mayFan(uuid: string): Promise<void> {
    const first = join(this.#directory, uuid.slice(0, 2));
    await this.#ensure(first, this.#directory);
    await this.#ensure(this.#leafOf(uuid), first);
  }

  #ensure(directory: string, parent: string): Promise<void> {
    let made = this.#known.get(directory);
    if (made === undefined) {
      made = mkdir(directory, { recursive: true }).then(() => this.#sync(parent));
      this.#known.set(directory, made);
      // A promise holds on to the function that was running when it was made, and to its request.
      made.then(
        () => this.#known.set(directory, MADE),
        () => this.#known.delete(directory),
      );
    }
    return made;
  }

  async #sync(directory: string): Promise<void> {
    await this.#hooks.beforeSync?.(directory);
    await syncDirectoryAsync(directory);
  }

  #leafOf(uuid: string): string {
    return dirname(this.pathOf(uuid));
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += (await file.write(bytes, at, bytes.byteLength - at)).bytesWritten;
  }
}

async function names(directory: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(directory)).filter((name) => pattern.test(name));
}
