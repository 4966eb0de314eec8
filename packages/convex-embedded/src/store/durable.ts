/** What makes names in a directory durable: a file that was synced is lost all the same if its name is. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

// Windows opens no directories; its file systems log their names by themselves.
const SYNCS = process.platform !== "win32";

/** Returns when the names in the directory are on disk. */
export function syncDirectory(directory: string): void {
  if (!SYNCS) return;
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a directory and those that it lies in, if missing, for this user alone, and returns when their names are on disk. */
export function makeDurableDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let made = resolve(directory); made.length > top.length; made = dirname(made))
    syncDirectory(dirname(made));
}

/** The same as `syncDirectory`, off the event loop. */
export async function syncDirectoryAsync(directory: string): Promise<void> {
  if (!SYNCS) return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
