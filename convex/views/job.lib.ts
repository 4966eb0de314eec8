import type { Doc } from "../_generated/dataModel";

/** Returns what the API shows of a job. */
export const toJob = (doc: Omit<Doc<"jobs">, "input">) => ({
  id: doc._id,
  status: doc.status,
  ...(doc.result && { result: doc.result }),
  ...(doc.error !== undefined && { error: doc.error }),
});
