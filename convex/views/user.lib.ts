import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of a user. */
export const toUser = (doc: Doc<"users">) => ({
  id: doc._id,
  ...(doc.clerkId !== undefined && { clerkId: doc.clerkId }),
  email: doc.email,
  name: doc.name,
  ...(doc.suspended && { suspended: doc.suspended }),
  createdAt: toTime(doc._creationTime),
});
