/**
 * The key of whoever operates a data directory: with it Convex's own tools may call every function and read all data.
 *
 * It follows from the directory's secret and stays the same as long as that does. On Convex such a key has a `|` in it;
 * this one has nothing that a shell or an env file would have to quote.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { directoryKey } from "../store/secret";
import { SECRET_FILE } from "../store/directory";

const FORM = /^embedded_[0-9a-f]{64}$/;

/** To be called by who holds the directory's lock. */
export function adminKeyOf(directory: string): string {
  return `embedded_${directoryKey(directory, "admin key").toString("hex")}`;
}

/** The same beside a server, or without one. @throws Error if the directory has none yet. */
export function existingAdminKey(directory: string): string {
  if (existsSync(join(directory, SECRET_FILE))) return adminKeyOf(directory);
  throw new Error(`${directory} has no admin key yet: the first start makes it.`);
}

/** True for what has the form of such a key, of whichever directory. */
export function isAdminKey(text: string): boolean {
  return FORM.test(text);
}

/** Compares in a time that says nothing of where they differ. */
export function sameKey(given: string, key: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}
