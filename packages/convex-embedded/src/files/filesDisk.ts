/**
 * The bytes of stored files: `DIR/ab/cd/abcd…` for each, named by its UUID, and `DIR/tmp/` for files that are still arriving.
 *
 * A file gets its name when all of its bytes are on disk, and never changes. This module does not read documents.
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

/** Hooks for tests. If a hook throws, its step fails. Not used in production. */
export interface DiskHooks {
  /** Called before a file or a directory is synced. */
  readonly beforeSync?: (path: string) => unknown;
  readonly beforeRename?: (path: string) => unknown;
}

const MADE = Promise.resolve();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FAN_OUT = /^[0-9a-f]{2}$/;

/** True for a UUID in lower case. Such a name cannot lead out of a directory. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Returns the path of a file relative to the directory, with slashes. */
export function relativePathOf(uuid: string): string {
  return `${uuid.slice(0, 2)}/${uuid.slice(2, 4)}/${uuid}`;
}

export class FileDisk implements FileBytes {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #hooks: DiskHooks;
  readonly #deletions: Deletions;
  /** The number of holds on each file, by readers and by writers that have not yet adopted or discarded it. */
  readonly #holds = new Map<string, number>();
  /** Files to delete when their last hold is released. */
  readonly #doomed = new Set<string>();
  /** Directories that this process has created and synced, by path. */
  readonly #known = new Map<string, Promise<void>>();

  /**
   * Opens the directory, creates it if missing, and deletes incomplete files of a crash. The caller must hold the lock of the data
   * directory.
   *
   * @param areHeld returns true while no file may be deleted; deletions are postponed until then.
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

  /** Returns the path of a file's bytes. */
  pathOf(uuid: string): string {
    return join(this.#directory, relativePathOf(uuid));
  }

  /** Resolves when the bytes and the name are on disk. @param uuid of an imported file. No file in use may have this name. */
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
      await this.#ensureDirectory(uuid);
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

  /** Reads one directory at a time. */
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

  /** Creates the directory of a file and syncs its name, even if another call created it. */
  async #ensureDirectory(uuid: string): Promise<void> {
    const first = join(this.#directory, uuid.slice(0, 2));
    await this.#ensure(first, this.#directory);
    await this.#ensure(this.#leafOf(uuid), first);
  }

  #ensure(directory: string, parent: string): Promise<void> {
    let made = this.#known.get(directory);
    if (made === undefined) {
      made = mkdir(directory, { recursive: true }).then(() => this.#sync(parent));
      this.#known.set(directory, made);
      // A promise keeps the async context of its creation alive, and with it the request of the function that was running.
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
