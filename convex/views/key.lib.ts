import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of a key: never the key itself or its hash. */
export const toKey = (doc: Doc<"apiKeys">) => ({
  id: doc._id,
  name: doc.name,
  publicId: doc.publicId,
  scopes: doc.scopes,
  createdAt: toTime(doc.createdAt),
  ...(doc.expiresAt !== undefined && { expiresAt: toTime(doc.expiresAt) }),
  ...(doc.lastUsedAt !== undefined && { lastUsedAt: toTime(doc.lastUsedAt) }),
  ...(doc.revokedAt !== undefined && { revokedAt: toTime(doc.revokedAt) }),
});
