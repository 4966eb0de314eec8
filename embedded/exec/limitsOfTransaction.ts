/** What a transaction has read and written, against what it may. */
import type { Value } from "convex/values";
import { getDocumentSize } from "convex/values";
import { SyscallError } from "./errors";
import type { TransactionLimits } from "./limits";
import { documentBytes, mostBytes } from "./limitsOfSize";

/** One line of `ctx.meta.getTransactionMetrics()`. */
export interface Metric {
  readonly used: number;
  readonly remaining: number;
}

/** What a savepoint gives back: reads stay read. */
export interface Written {
  readonly documents: number;
  readonly bytes: number;
}

const HELP =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective " +
  "index range expressions.";

/** Counts for one transaction; the functions that share it share this. */
export class Usage {
  #limits: TransactionLimits;
  readonly #ranges = new Set<string>();
  #documentsRead = 0;
  #documentsWritten = 0;
  #bytesWritten = 0;
  // To know a document's bytes it must be parsed. As long as all read so far cannot be too many, they are not.
  #bytesMeasured = 0;
  #unmeasured: string[] = [];
  #mostUnmeasured = 0;

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a document or an index range that is asked for. The same one counts once.
   *
   * @param range names it: an id, or index and bounds.
   * @throws SyscallError in Convex's words.
   */
  readRange(range: string): void {
    this.#ranges.add(range);
    const limit = this.#limits.databaseQueries;
    if (this.#ranges.size <= limit) return;
    throw new SyscallError(`Too many reads in a single function execution (limit: ${limit}). ${HELP}`);
  }

  /** Counts a document that was read. @param json as it is stored. @throws SyscallError in Convex's words. */
  readDocument(json: string): void {
    const { documentsRead, bytesRead } = this.#limits;
    if (++this.#documentsRead > documentsRead) {
      throw new SyscallError(
        `Too many documents read in a single function execution (limit: ${documentsRead}). ${HELP}`,
      );
    }
    this.#unmeasured.push(json);
    this.#mostUnmeasured += mostBytes(json.length);
    if (this.#bytesMeasured + this.#mostUnmeasured <= bytesRead || this.#measure() <= bytesRead) return;
    throw new SyscallError(
      `Too many bytes read in a single function execution (limit: ${bytesRead} bytes). ${HELP}`,
    );
  }

  /** Counts a write. @param document `null` for a deletion. @throws SyscallError in Convex's words. */
  wrote(document: Record<string, Value | undefined> | null): void {
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

  /** What is written so far, for `unwrite`. */
  get written(): Written {
    return { documents: this.#documentsWritten, bytes: this.#bytesWritten };
  }

  /** A savepoint was rolled back to where `written` was that. */
  unwrite({ documents, bytes }: Written): void {
    this.#documentsWritten = documents;
    this.#bytesWritten = bytes;
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
    };
    return () => {
      this.#limits = whole;
    };
  }

  /** The counts of `ctx.meta.getTransactionMetrics()` that are about documents. */
  metrics(): Record<keyof TransactionLimits, Metric> {
    const metric = (limit: keyof TransactionLimits, used: number): Metric => ({
      used,
      remaining: Math.max(0, this.#limits[limit] - used),
    });
    return {
      bytesRead: metric("bytesRead", this.#measure()),
      bytesWritten: metric("bytesWritten", this.#bytesWritten),
      databaseQueries: metric("databaseQueries", this.#ranges.size),
      documentsRead: metric("documentsRead", this.#documentsRead),
      documentsWritten: metric("documentsWritten", this.#documentsWritten),
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
