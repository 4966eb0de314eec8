import { v } from "convex/values";
import { fail } from "./failure.lib";

/**
 * The revisions that a conditional write names in `If-Match` (RFC 9110, section 13.1.1). It is undefined without the header,
 * and for `*`, which matches every existing document. An empty list matches no document.
 */
export const ifMatch = v.optional(v.array(v.number()));

/** Returns the revision of a document. A document from before its table had revisions has the revision 1. */
export const revisionOf = ({ revision = 1 }: { revision?: number }): number => revision;

/**
 * Refuses with `precondition_failed` unless the document has one of the expected revisions. Call it in the transaction that
 * writes.
 */
export function requireRevision(doc: { revision?: number }, expected: readonly number[] | undefined): void {
  if (expected && !expected.includes(revisionOf(doc))) {
    fail("precondition_failed", "If-Match does not hold: the resource has changed since it was read");
  }
}
