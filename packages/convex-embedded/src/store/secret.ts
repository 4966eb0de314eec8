/** The secret of a data directory. The admin key and the key that signs upload URLs are derived from it. */
import { createHmac, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SECRET_FILE } from "./directory";
import { syncDirectory } from "./durable";

const BYTES = 32;

/**
 * Derives the key for one purpose. It is the same in every process that opens the directory. A key reveals nothing about the
 * keys of other purposes. The first call creates the secret, so the caller must hold the directory's lock.
 *
 * @throws Error if the file does not contain a secret.
 */
export function directoryKey(directory: string, purpose: string): Buffer {
  return createHmac("sha256", readOrCreate(directory)).update(purpose).digest();
}

function readOrCreate(directory: string): Buffer {
  const file = join(directory, SECRET_FILE);
  try {
    const secret = readFileSync(file);
    if (secret.length === BYTES) return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return create(directory, file);
    throw error;
  }
  throw new Error(
    `${file} is corrupt. Delete it. The next start creates a new secret and invalidates earlier upload URLs and the admin key.`,
  );
}

function create(directory: string, file: string): Buffer {
  const secret = randomBytes(BYTES);
  const handle = openSync(`${file}.new`, "w", 0o600);
  try {
    writeSync(handle, secret);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
  syncDirectory(directory);
  return secret;
}
