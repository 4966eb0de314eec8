/**
 * Convex's limits for one function, one transaction and one action.
 *
 * Source: https://docs.convex.dev/production/state/limits and `crates/common/src/knobs.rs` of get-convex/convex-backend.
 */

/** The limits of one transaction. Nested calls count towards their caller's transaction. */
export interface TransactionLimits {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Distinct documents and index ranges that are requested. */
  readonly databaseQueries: number;
  /** Scanned rows. Rows that a filter rejects count as well. */
  readonly documentsRead: number;
  readonly documentsWritten: number;
  readonly functionsScheduled: number;
  /** Total bytes of the arguments of all scheduled functions. */
  readonly scheduledFunctionArgsBytes: number;
}

export interface Limits {
  readonly transaction: TransactionLimits;
  /** False if transactions are measured but may exceed their limits. */
  readonly enforced: boolean;
  /** Bytes of the arguments of one call. */
  readonly argumentBytes: number;
  /** Bytes of the result of one call. */
  readonly resultBytes: number;
  /** Milliseconds that a query's or mutation's own code may run. Syscalls do not count. */
  readonly userMs: number;
  /** Milliseconds that an action may take in total. */
  readonly actionMs: number;
  /** The same for an action in a `"use node"` file. */
  readonly nodeActionMs: number;
  /** `ctx.runQuery`, `ctx.runMutation` and `ctx.runAction` calls that one action runs at the same time. Further calls wait. */
  readonly actionCalls: number;
}

/** The depth of calls within one transaction: the outermost function, and eight functions within each other. */
export const MAX_CALL_DEPTH = 8;

const MIB = 1024 * 1024;

/** The limits of Convex. */
export const CONVEX_LIMITS: Limits = {
  transaction: {
    bytesRead: 16 * MIB,
    bytesWritten: 16 * MIB,
    databaseQueries: 4_096,
    documentsRead: 32_000,
    documentsWritten: 16_000,
    functionsScheduled: 1_000,
    scheduledFunctionArgsBytes: 16 * MIB,
  },
  enforced: true,
  argumentBytes: 16 * MIB,
  resultBytes: 16 * MIB,
  userMs: 1_000,
  actionMs: 1_800_000,
  nodeActionMs: 600_000,
  actionCalls: 8,
};
