/** Empties a data directory. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE, deleteData } from "../store/directory";
import { lockDirectory } from "../store/lock";

/**
 * Deletes the data in a data directory. The directory itself and unrelated files in it stay.
 *
 * @throws Error if it is not a data directory of this runtime, or another process uses it.
 */
export function resetData(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  if (!existsSync(join(directory, DATABASE_FILE))) {
    throw new Error(
      `${directory} is not a data directory of the embedded runtime. --reset does not delete it.`,
    );
  }
  const lock = lockDirectory(directory);
  try {
    deleteData(directory);
  } finally {
    lock.release();
  }
}
