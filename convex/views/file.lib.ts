import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of a file. Its id is the id of its bytes. */
export const toFile = (doc: Doc<"files">) => ({
  id: doc.storageId,
  ...(doc.name !== undefined && { name: doc.name }),
  contentType: doc.contentType,
  size: doc.size,
  sha256: doc.sha256,
  visibility: doc.visibility,
  createdAt: toTime(doc._creationTime),
});
