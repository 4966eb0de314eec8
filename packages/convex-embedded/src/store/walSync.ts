/** Makes commits durable. */
import { closeSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import type { LogSync } from "./types";

const syncData = promisify(fdatasync);

/**
 * Syncs the write-ahead log of a database in a thread of Node's pool, so that the event loop serves requests meanwhile.
 *
 * With `synchronous=NORMAL`, SQLite writes a commit to the log but does not sync it. A sync of the log after the commit makes it
 * durable, as `synchronous=FULL` does within the commit (sqlite.org/pragma.html#pragma_synchronous).
 */
export class WalSync implements LogSync {
  #log: number | null = null;

  /** @param file The path of the database. Its log must exist when `sync` is called first, and stays the same file. */
  constructor(private readonly file: string) {}

  /**
   * Resolves when everything that was written to the log before the call is on disk.
   *
   * @throws Error if the disk fails. It may then have lost pages that a second sync would not write again.
   */
  sync(): Promise<void> {
    // Windows syncs only files that are open for writing.
    this.#log ??= openSync(`${this.file}-wal`, "r+");
    return syncData(this.#log);
  }

  close(): void {
    if (this.#log !== null) closeSync(this.#log);
    this.#log = null;
  }
}
