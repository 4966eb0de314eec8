import type { Id } from "../_generated/dataModel";
import type { ActionCtx } from "../_generated/server";
import { failureOf } from "./failure.lib";
import type { StoredText } from "./storedText.lib";

type Storage = ActionCtx["storage"];

/**
 * UTF-8 bytes of a text that a document holds itself. A document could hold 1 MiB, but lists, purges and deletions read
 * documents by the hundred, and a transaction of Convex reads no more than 16 MiB.
 */
const INLINE_BYTES = 48 * 1024;

/** Keeps a text for the work that records where it is: in the document while it is short, else in file storage. */
export async function storeText<T>(
  storage: Storage,
  text: string,
  record: (stored: StoredText) => Promise<T>,
): Promise<T> {
  // No UTF-16 unit takes more than three bytes, so that most texts need not be encoded to be measured.
  if (text.length <= INLINE_BYTES / 3) return record({ text });
  const blob = new Blob([text], { type: "application/json" });
  if (blob.size <= INLINE_BYTES) return record({ text });
  const storageId = await storage.store(blob);
  return deleteIfRefused(storage, storageId, () => record({ storageId }));
}

/** The text, or undefined when the file that held it is gone. */
export const readText = async (storage: Storage, stored: StoredText): Promise<string | undefined> =>
  "text" in stored ? stored.text : (await storage.get(stored.storageId))?.text();

/**
 * Deletes stored bytes when the transaction that was to record them refuses, because nothing else knows of them. Any other
 * error leaves them: it does not tell whether the transaction has committed.
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
