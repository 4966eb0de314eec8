/**
 * Whether a data directory has had its first start, which prints what is shown only once.
 *
 * The mark is written after that was printed. A process that dies in between prints it again on the next start, with a
 * new key: better a key too many than one that nobody saw.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { STARTED_FILE } from "./directory";

export function isFirstStart(directory: string): boolean {
  return !existsSync(join(directory, STARTED_FILE));
}

/** Remembers, durably, that the first start is over. */
export function finishFirstStart(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const mark = openSync(join(directory, STARTED_FILE), "w");
  fsyncSync(mark);
  closeSync(mark);
}
