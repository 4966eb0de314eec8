/** Empties a data directory. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "./store/lock";

// Only what the runtime puts there is deleted: a directory given by mistake must survive it.
const OURS = [
  "data.sqlite",
  "data.sqlite-wal",
  "data.sqlite-shm",
  "started",
  "secret",
  "secret.new",
  "files",
];

/**
 * Deletes the data in a data directory. The directory itself and files of others in it stay.
 *
 * @throws Error if it is no data directory of this runtime, or another process uses it.
 */
export function resetData(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  if (!existsSync(join(directory, "data.sqlite"))) {
    throw new Error(`${directory} is no data directory of the embedded runtime, so --reset leaves it alone.`);
  }
  const lock = lockDirectory(directory);
  try {
    for (const name of OURS) rmSync(join(directory, name), { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
