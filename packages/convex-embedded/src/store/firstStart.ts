/**
 * Records the first start of a data directory. The first start prints secrets that are shown only once.
 *
 * The marker file is written after the output. If the process dies in between, the next start prints the output again with a new key:
 * an unused key is better than a key that was never seen.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { STARTED_FILE } from "./directory";

export function isFirstStart(directory: string): boolean {
  return !existsSync(join(directory, STARTED_FILE));
}

/** Records durably that the first start is complete. */
export function finishFirstStart(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const marker = openSync(join(directory, STARTED_FILE), "w");
  fsyncSync(marker);
  closeSync(marker);
}
