/** Makes commits durable. */
import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync } from "node:fs";
import { promisify } from "node:util";
import { SyncPace } from "./syncPace";
import type { LogSync } from "./types";

/** The log has a header, and each of its pages has one (sqlite.org/fileformat.html#the_write_ahead_log). */
const HEADER_BYTES = 32;
const PAGE_HEADER_BYTES = 24;

const syncData = promisify(fdatasync);

/**
 * Syncs the write-ahead log of a database: in this thread if the disk is fast, else in a thread of Node's pool, so that the event loop
 * serves requests meanwhile.
 *
 * With `synchronous=NORMAL`, SQLite writes a commit to the log but does not sync it. A sync of the log after the commit makes it
 * durable, as `synchronous=FULL` does within the commit (sqlite.org/pragma.html#pragma_synchronous).
 */
export class WalSync implements LogSync {
  #log: number | null = null;

  /**
   * @param file The path of the database. Its log must exist when `sync` is called first, and stays the same file.
   * @param pageSize The bytes of a page of the database.
   * @param pace Decides in which thread a sync runs.
   */
  constructor(
    private readonly file: string,
    private readonly pageSize: number,
    private readonly pace: Pick<SyncPace, "isFast" | "record"> = new SyncPace(),
  ) {}

  get inBackground(): boolean {
    return !this.pace.isFast(performance.now());
  }

  sync(inBackground: boolean): Promise<void> | undefined {
    // Windows syncs only files that are open for writing.
    this.#log ??= openSync(`${this.file}-wal`, "r+");
    if (inBackground) return syncData(this.#log);
    const started = performance.now();
    fdatasyncSync(this.#log);
    const now = performance.now();
    this.pace.record(now, now - started);
    return undefined;
  }

  truncate(pages: number): void {
    if (this.#log === null) throw new Error("The log could not be opened");
    ftruncateSync(this.#log, HEADER_BYTES + pages * (PAGE_HEADER_BYTES + this.pageSize));
    fdatasyncSync(this.#log);
  }

  close(): void {
    if (this.#log !== null) closeSync(this.#log);
    this.#log = null;
  }
}
