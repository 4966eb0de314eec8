/**
 * The admin key of a data directory. With it Convex's own tools may call every function and read all data.
 *
 * The key is derived from the directory's secret and changes only with it. Convex's own keys contain a `|`; this one contains no
 * character that needs quoting in a shell or an env file.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { directoryKey } from "../store/secret";
import { SECRET_FILE } from "../store/directory";

const FORM = /^embedded_[0-9a-f]{64}$/;

/** Returns the admin key. The caller must hold the directory's lock. */
export function adminKeyOf(directory: string): string {
  return `embedded_${directoryKey(directory, "admin key").toString("hex")}`;
}

/** Returns the admin key of an existing data directory, with or without a running server. @throws Error if it has none yet. */
export function existingAdminKey(directory: string): string {
  if (existsSync(join(directory, SECRET_FILE))) return adminKeyOf(directory);
  throw new Error(`${directory} has no admin key yet: the first start creates it.`);
}

/** True for text in the form of an admin key, of any directory. */
export function isAdminKey(text: string): boolean {
  return FORM.test(text);
}

/** Compares two keys in constant time. */
export function sameKey(given: string, key: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}
