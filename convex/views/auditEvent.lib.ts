import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of an act in the audit log. */
export const toAuditEvent = (doc: Doc<"auditEvents">) => ({
  id: doc._id,
  at: toTime(doc._creationTime),
  actor: doc.actor,
  action: doc.action,
  target: doc.target,
  ...(doc.requestId !== undefined && { requestId: doc.requestId }),
});
