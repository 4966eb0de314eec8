/** The secret of a data directory, which makes what this server issues unforgeable. */
import { createHmac, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SECRET_FILE } from "./directory";
import { syncDirectory } from "./durable";

const BYTES = 32;

/**
 * The key for one purpose, the same in every process that ever holds the directory. Keys of different purposes say
 * nothing about each other. To be called by who holds the directory's lock: the first call makes the secret.
 *
 * @throws Error if the file holds something else.
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
    `${file} is damaged. Delete it: a new one is made, and upload URLs given out before are void.`,
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
