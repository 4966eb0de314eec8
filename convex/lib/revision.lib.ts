import { v } from "convex/values";
import { fail } from "./failure.lib";

/**
 * What an `If-Match` header asks for (RFC 9110, section 13.1.1): the revisions it names, or undefined without the
 * header. `*` holds for whatever exists and so asks nothing of a document that was found.
 */
export const ifMatch = v.optional(v.array(v.number()));

/** Refuses a write to a document whose revision the caller did not see. Call it in the transaction that writes. */
export function requireRevision(doc: { revision: number }, expected: readonly number[] | undefined): void {
  if (expected && !expected.includes(doc.revision)) {
    fail("precondition_failed", "If-Match does not hold: the resource has changed since it was read");
  }
}
