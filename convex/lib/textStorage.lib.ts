import type { Id } from "../_generated/dataModel";
import type { ActionCtx } from "../_generated/server";
import { failureOf } from "./failure.lib";
import type { StoredText } from "./storedText.lib";

type Storage = ActionCtx["storage"];

/**
 * The maximum size, in UTF-8 bytes, of a text that is stored within a document. A document can hold 1 MiB, but lists, purges
 * and deletions read hundreds of documents, and a Convex transaction reads at most 16 MiB.
 */
const INLINE_BYTES = 48 * 1024;

/** Stores a text, then calls `record` with it. A short text goes into the document, a longer text into file storage. */
export async function storeText<T>(
  storage: Storage,
  text: string,
  record: (stored: StoredText) => Promise<T>,
): Promise<T> {
  // A UTF-16 unit takes at most three bytes in UTF-8, so most texts do not need encoding to measure their size.
  if (text.length <= INLINE_BYTES / 3) return record({ text });
  const blob = new Blob([text], { type: "application/json" });
  if (blob.size <= INLINE_BYTES) return record({ text });
  const storageId = await storage.store(blob);
  return deleteIfRefused(storage, storageId, () => record({ storageId }));
}

/** Returns the text, or undefined if its file has been deleted. */
export const readText = async (storage: Storage, stored: StoredText): Promise<string | undefined> =>
  "text" in stored ? stored.text : (await storage.get(stored.storageId))?.text();

/**
 * Runs a transaction that records stored bytes, and deletes the bytes if the transaction refuses, because nothing else refers to them.
 * After any other error the bytes stay, because the transaction may have committed.
 */
export async function deleteIfRefused<T>(
  storage: Storage,
  storageId: Id<"_storage">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (failureOf(error)) await storage.delete(storageId);
    throw error;
  }
}
