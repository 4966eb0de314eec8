/** What a transaction has read and written, against what it may. */
import type { Value } from "convex/values";
import { getConvexSize, getDocumentSize } from "convex/values";
import { SyscallError } from "./errors";
import type { TransactionLimits } from "./limits";
import { documentBytes, maxBytes } from "./sizeLimits";

/** One line of `ctx.meta.getTransactionMetrics()`. */
export interface Metric {
  readonly used: number;
  readonly remaining: number;
}

/** What a savepoint gives back: reads stay read. */
export interface WriteUsage {
  readonly documents: number;
  readonly bytes: number;
  readonly scheduled: number;
  readonly argumentBytes: number;
}

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

/** Counts for one transaction; the functions that share it share this. */
export class TransactionUsage {
  /** What may be used. */
  #limits: TransactionLimits;
  /** What the rest is told of. */
  readonly #shown: TransactionLimits;
  readonly #ranges = new Set<string>();
  #documentsRead = 0;
  #documentsWritten = 0;
  #bytesWritten = 0;
  #scheduled = 0;
  #argumentBytes = 0;
  // To know a document's bytes it must be parsed. As long as all read so far cannot be too many, they are not.
  #bytesMeasured = 0;
  #unmeasured: string[] = [];
  #mostUnmeasured = 0;

  /** @param enforced false if more may be used. */
  constructor(limits: TransactionLimits, enforced = true) {
    this.#limits = enforced ? limits : UNLIMITED;
    this.#shown = limits;
  }

  /**
   * Counts a document or an index range that is asked for. The same one counts once.
   *
   * @param range names it: an id, or index and bounds.
   * @throws SyscallError in Convex's words.
   */
  countRange(range: string): void {
    this.#ranges.add(range);
    const limit = this.#limits.databaseQueries;
    if (this.#ranges.size <= limit) return;
    throw new SyscallError(`Too many reads in a single function execution (limit: ${limit}). ${HELP}`);
  }

  /** Counts a document that was read. @param json as it is stored. @throws SyscallError in Convex's words. */
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

  /** Counts a write. @param document `null` for a deletion. @throws SyscallError in Convex's words. */
  countWrite(document: Record<string, Value | undefined> | null): void {
    const { documentsWritten, bytesWritten } = this.#limits;
    if (++this.#documentsWritten > documentsWritten) {
      throw new SyscallError(`Too many writes in a single function execution (limit: ${documentsWritten})`);
    }
    if (document !== null) this.#bytesWritten += getDocumentSize(document as Record<string, Value>);
    if (this.#bytesWritten > bytesWritten) {
      throw new SyscallError(
        `Too many bytes written in a single function execution (limit: ${bytesWritten} bytes)`,
      );
    }
  }

  /** Counts a function that is scheduled. @throws SyscallError in Convex's words. */
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

  /** How many functions are scheduled so far. */
  get functionsScheduled(): number {
    return this.#scheduled;
  }

  /** What is written and scheduled so far, for `restoreWrites`. */
  get writes(): WriteUsage {
    return {
      documents: this.#documentsWritten,
      bytes: this.#bytesWritten,
      scheduled: this.#scheduled,
      argumentBytes: this.#argumentBytes,
    };
  }

  /** A savepoint was rolled back to where `writes` was that. */
  restoreWrites({ documents, bytes, scheduled, argumentBytes }: WriteUsage): void {
    this.#documentsWritten = documents;
    this.#bytesWritten = bytes;
    this.#scheduled = scheduled;
    this.#argumentBytes = argumentBytes;
  }

  /**
   * Gives a part of the transaction limits of its own: what it may use beside what is used already, and never more than
   * the transaction may.
   *
   * @returns what ends the part.
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

  /** The counts of `ctx.meta.getTransactionMetrics()`. */
  metrics(): Record<keyof TransactionLimits, Metric> {
    const metric = (limit: keyof TransactionLimits, used: number): Metric => ({
      used,
      remaining: Math.max(0, Math.min(this.#limits[limit], this.#shown[limit]) - used),
    });
    return {
      bytesRead: metric("bytesRead", this.#measure()),
      bytesWritten: metric("bytesWritten", this.#bytesWritten),
      databaseQueries: metric("databaseQueries", this.#ranges.size),
      documentsRead: metric("documentsRead", this.#documentsRead),
      documentsWritten: metric("documentsWritten", this.#documentsWritten),
      functionsScheduled: metric("functionsScheduled", this.#scheduled),
      scheduledFunctionArgsBytes: metric("scheduledFunctionArgsBytes", this.#argumentBytes),
    };
  }

  /** @returns the bytes read so far. */
  #measure(): number {
    for (const json of this.#unmeasured) this.#bytesMeasured += documentBytes(json);
    this.#unmeasured = [];
    this.#mostUnmeasured = 0;
    return this.#bytesMeasured;
  }
}
