/** Commit timestamps in what a mutation returns: by then it is known which one the commit has. */
import type { Value } from "convex/values";
import { CommitTsPlaceholder } from "convex/values";
import type { Transaction } from "../store/types";

/** The value with the timestamp itself in the place of `db.vars.commitTs`. */
export function resolveCommitTs(transaction: Transaction, value: Value): Value {
  // A value may hold one where its type says bigint.
  if ((value as unknown) instanceof CommitTsPlaceholder) return transaction.commitTs();
  if (Array.isArray(value)) return value.map((item) => resolveCommitTs(transaction, item));
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return value;
  const fields = Object.entries(value as Record<string, Value>);
  return Object.fromEntries(fields.map(([name, field]) => [name, resolveCommitTs(transaction, field)]));
}
