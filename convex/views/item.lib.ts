import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of an item. */
export const toItem = (doc: Doc<"items">) => ({
  id: doc._id,
  name: doc.name,
  ...(doc.description !== undefined && { description: doc.description }),
  createdAt: toTime(doc._creationTime),
  updatedAt: toTime(doc.updatedAt),
});
