/**
 * What Convex allows one function, one transaction and one action.
 *
 * Source: https://docs.convex.dev/production/state/limits and `crates/common/src/knobs.rs` of get-convex/convex-backend.
 */

/** What one transaction may read and write, everything that it calls included. */
export interface TransactionLimits {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Different documents and index ranges asked for. */
  readonly databaseQueries: number;
  /** Rows looked at, those that a filter leaves out included. */
  readonly documentsRead: number;
  readonly documentsWritten: number;
  readonly functionsScheduled: number;
  /** Bytes of the arguments of all of them. */
  readonly scheduledFunctionArgsBytes: number;
}

export interface Limits {
  readonly transaction: TransactionLimits;
  /** False if transactions are measured against their limits and may exceed them. */
  readonly enforced: boolean;
  /** Bytes of the arguments of one call. */
  readonly argumentBytes: number;
  /** Bytes of the result of one call. */
  readonly resultBytes: number;
  /** Milliseconds of its own code that a query or mutation may take; syscalls do not count. */
  readonly userMs: number;
  /** Milliseconds that an action may take, whatever it does. */
  readonly actionMs: number;
  /** `ctx.runQuery`, `ctx.runMutation` and `ctx.runAction` of one action that run at the same time; others wait. */
  readonly actionCalls: number;
}

const MIB = 1024 * 1024;

/** Those of Convex. */
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
  actionMs: 600_000,
  actionCalls: 8,
};
