/** Replaces `db.vars.commitTs` in a mutation's result. The commit's timestamp is known by then. */
import type { Value } from "convex/values";
import { CommitTsPlaceholder } from "convex/values";
import type { Transaction } from "../store/types";

/** Returns a copy of the value in which the commit's timestamp replaces each `db.vars.commitTs`. */
export function resolveCommitTs(transaction: Transaction, value: Value): Value {
  // The type of a placeholder is bigint, so the compiler does not expect it here.
  if ((value as unknown) instanceof CommitTsPlaceholder) return transaction.commitTs();
  if (Array.isArray(value)) return value.map((item) => resolveCommitTs(transaction, item));
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return value;
  const fields = Object.entries(value as Record<string, Value>);
  return Object.fromEntries(fields.map(([name, field]) => [name, resolveCommitTs(transaction, field)]));
}
