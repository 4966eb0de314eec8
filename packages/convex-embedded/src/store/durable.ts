/** Makes names in a directory durable. A synced file is still lost if its directory entry is lost. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

// Windows cannot open directories. Its file systems journal their entries.
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

/** Creates a directory and its missing parents with mode 0700. Returns when their names are on disk. */
export function makeDurableDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let created = resolve(directory); created.length > top.length; created = dirname(created))
    syncDirectory(dirname(created));
}

/** Like `syncDirectory`, but does not block the event loop. */
export async function syncDirectoryAsync(directory: string): Promise<void> {
  if (!SYNCS) return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
