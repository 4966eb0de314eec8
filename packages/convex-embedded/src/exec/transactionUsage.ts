/** Counts a transaction's reads and writes and enforces its limits. */
import type { Value } from "convex/values";
import { getConvexSize } from "convex/values";
import type { IndexInfo, KeyRange } from "../store/types";
import { SyscallError } from "./errors";
import type { TransactionLimits } from "./limits";
import { documentBytes, maxBytes } from "./sizeLimits";

/** One line of `ctx.meta.getTransactionMetrics()`. */
export interface Metric {
  readonly used: number;
  /** Negative beyond the limit, as on Convex. */
  readonly remaining: number;
}

/** The counts that a rollback to a savepoint restores. Reads still count. */
export interface WriteUsage {
  readonly documents: number;
  readonly bytes: number;
  readonly scheduled: number;
  readonly argumentBytes: number;
}

/** A document's id, or an index and the bounds of a range in it. */
export type RequestedRange = string | { readonly index: IndexInfo; readonly range: KeyRange };

/** From this number of requests on, the distinct ranges are counted, so that repeated requests take no memory. */
const MAX_REQUESTED = 4096;

const UNLIMITED: TransactionLimits = {
  bytesRead: Infinity,
  bytesWritten: Infinity,
  databaseQueries: Infinity,
  documentsRead: Infinity,
  documentsWritten: Infinity,
  functionsScheduled: Infinity,
  scheduledFunctionArgsBytes: Infinity,
};

const HELP =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective " +
  "index range expressions.";

/** The counts of one transaction. All functions in the transaction share them. */
export class TransactionUsage {
  /** The enforced limits. */
  #limits: TransactionLimits;
  /** The limits that `metrics` reports the remainder of. */
  readonly #reported: TransactionLimits;
  /** The distinct ranges that are counted, and those requested since. Most transactions request so few that none needs its text. */
  #ranges: Set<string> | null = null;
  #requested: RequestedRange[] = [];
  #documentsRead = 0;
  #documentsWritten = 0;
  #bytesWritten = 0;
  #scheduled = 0;
  #argumentBytes = 0;
  // A document must be parsed to measure its bytes. Documents stay unparsed while an upper bound of their bytes is within the
  // limit.
  #bytesMeasured = 0;
  #unmeasured: string[] = [];
  #mostUnmeasured = 0;

  /** @param enforced False if the transaction may exceed the limits. */
  constructor(limits: TransactionLimits, enforced = true) {
    this.#limits = enforced ? limits : UNLIMITED;
    this.#reported = limits;
  }

  /**
   * Counts a requested document or index range. Each counts once, however often it is requested.
   *
   * @throws SyscallError with Convex's message.
   */
  countRange(range: RequestedRange): void {
    this.#requested.push(range);
    const limit = this.#limits.databaseQueries;
    const most = (this.#ranges?.size ?? 0) + this.#requested.length;
    if (most <= Math.min(limit, MAX_REQUESTED) || this.#countRanges() <= limit) return;
    throw new SyscallError(`Too many reads in a single function execution (limit: ${limit}). ${HELP}`);
  }

  /** Counts a document that was read. @param json The stored text. @throws SyscallError with Convex's message. */
  countDocument(json: string): void {
    const { documentsRead, bytesRead } = this.#limits;
    if (++this.#documentsRead > documentsRead) {
      throw new SyscallError(
        `Too many documents read in a single function execution (limit: ${documentsRead}). ${HELP}`,
      );
    }
    this.#unmeasured.push(json);
    this.#mostUnmeasured += maxBytes(json.length);
    if (this.#bytesMeasured + this.#mostUnmeasured <= bytesRead || this.#measure() <= bytesRead) return;
    throw new SyscallError(
      `Too many bytes read in a single function execution (limit: ${bytesRead} bytes). ${HELP}`,
    );
  }

  /** Counts a write. @param bytes The size of the document, 0 for a deletion. @throws SyscallError with Convex's message. */
  countWrite(bytes: number): void {
    const { documentsWritten, bytesWritten } = this.#limits;
    if (++this.#documentsWritten > documentsWritten) {
      throw new SyscallError(`Too many writes in a single function execution (limit: ${documentsWritten})`);
    }
    this.#bytesWritten += bytes;
    if (this.#bytesWritten > bytesWritten) {
      throw new SyscallError(
        `Too many bytes written in a single function execution (limit: ${bytesWritten} bytes)`,
      );
    }
  }

  /** Counts a function that is scheduled. @throws SyscallError with Convex's message. */
  scheduled(args: Value): void {
    const { functionsScheduled, scheduledFunctionArgsBytes } = this.#limits;
    if (this.#scheduled >= functionsScheduled) {
      throw new SyscallError(`Too many functions scheduled by this mutation (limit: ${functionsScheduled})`);
    }
    const bytes = this.#argumentBytes + getConvexSize(args);
    if (bytes > scheduledFunctionArgsBytes) {
      throw new SyscallError(
        "Too large total size of the arguments of scheduled functions from this mutation " +
          `(limit: ${scheduledFunctionArgsBytes} bytes)`,
      );
    }
    this.#scheduled++;
    this.#argumentBytes = bytes;
  }

  /** The number of functions scheduled so far. */
  get functionsScheduled(): number {
    return this.#scheduled;
  }

  /** The writes and scheduled functions so far, for `restoreWrites`. */
  get writes(): WriteUsage {
    return {
      documents: this.#documentsWritten,
      bytes: this.#bytesWritten,
      scheduled: this.#scheduled,
      argumentBytes: this.#argumentBytes,
    };
  }

  /** Restores the counts after a rollback to a savepoint. Takes the value that `writes` had at the savepoint. */
  restoreWrites({ documents, bytes, scheduled, argumentBytes }: WriteUsage): void {
    this.#documentsWritten = documents;
    this.#bytesWritten = bytes;
    this.#scheduled = scheduled;
    this.#argumentBytes = argumentBytes;
  }

  /**
   * Sets lower limits for a part of the transaction. They apply to what the part uses itself, and never exceed the remaining
   * limits of the transaction.
   *
   * @returns a function that restores the previous limits.
   */
  narrow(own: Partial<TransactionLimits>): () => void {
    const whole = this.#limits;
    const used = this.metrics();
    const limit = (name: keyof TransactionLimits): number =>
      Math.min(whole[name], used[name].used + (own[name] ?? Infinity));
    this.#limits = {
      bytesRead: limit("bytesRead"),
      bytesWritten: limit("bytesWritten"),
      databaseQueries: limit("databaseQueries"),
      documentsRead: limit("documentsRead"),
      documentsWritten: limit("documentsWritten"),
      functionsScheduled: limit("functionsScheduled"),
      scheduledFunctionArgsBytes: limit("scheduledFunctionArgsBytes"),
    };
    return () => {
      this.#limits = whole;
    };
  }

  /** Returns the counts of `ctx.meta.getTransactionMetrics()`. */
  metrics(): Record<keyof TransactionLimits, Metric> {
    const metric = (limit: keyof TransactionLimits, used: number): Metric => ({
      used,
      remaining: Math.min(this.#limits[limit], this.#reported[limit]) - used,
    });
    return {
      bytesRead: metric("bytesRead", this.#measure()),
      bytesWritten: metric("bytesWritten", this.#bytesWritten),
      databaseQueries: metric("databaseQueries", this.#countRanges()),
      documentsRead: metric("documentsRead", this.#documentsRead),
      documentsWritten: metric("documentsWritten", this.#documentsWritten),
      functionsScheduled: metric("functionsScheduled", this.#scheduled),
      scheduledFunctionArgsBytes: metric("scheduledFunctionArgsBytes", this.#argumentBytes),
    };
  }

  /** Returns the number of distinct ranges so far. */
  #countRanges(): number {
    const ranges = (this.#ranges ??= new Set());
    for (const range of this.#requested) ranges.add(typeof range === "string" ? range : textOf(range));
    this.#requested = [];
    return ranges.size;
  }

  /** Measures the unmeasured documents. @returns the bytes read so far. */
  #measure(): number {
    for (const json of this.#unmeasured) this.#bytesMeasured += documentBytes(json);
    this.#unmeasured = [];
    this.#mostUnmeasured = 0;
    return this.#bytesMeasured;
  }
}

function textOf({ index, range: { start, end } }: Exclude<RequestedRange, string>): string {
  return `${index.id} ${start.toString("latin1")} ${end.toString("latin1")}`;
}
