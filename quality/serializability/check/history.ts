/** A recorded history: what transactions did, when they ran, and how they ended. */

/** An operation on a list. */
export type Operation =
  | { readonly do: "append"; readonly key: string; readonly value: number }
  | { readonly do: "read"; readonly key: string; readonly values: readonly number[] };

export interface Transaction {
  /** The client or job that ran it, for reports. */
  readonly name: string;
  /** In the order in which the transaction performed them. All appended values of a history are distinct. */
  readonly operations: readonly Operation[];
  /** `unknown` if the server was killed before it answered. */
  readonly outcome: "committed" | "aborted" | "unknown";
  /**
   * When the transaction cannot have begun yet, as a number that increases with time. 0 if nothing is known: a result of a live query
   * may be older than the moment at which it is received.
   */
  readonly startedAt: number;
  /** When the transaction has certainly committed. Infinity for an unknown outcome. */
  readonly endedAt: number;
  /** Earlier transactions of the same session, which come before this one although their times may overlap. */
  readonly after: readonly Transaction[];
}

/** A violation of strict serializability. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly description: string;
}

/** The names follow Adya and Elle (github.com/jepsen-io/elle). */
export type AnomalyKind =
  /** Transactions overwrote each other in opposite orders. */
  | "G0"
  /** A read of a value whose transaction was aborted. */
  | "G1a"
  /** A read of a value that its transaction had not finished: the state between two of its own appends. */
  | "G1b"
  /** A cycle of writes and reads of them. */
  | "G1c"
  /** A cycle with one read of an old version: read skew or a lost update. */
  | "G-single"
  /** A cycle with several reads of old versions: write skew. */
  | "G2"
  /** The same cycles, with an order that the clients observed. */
  | `${"G0" | "G1c" | "G-single" | "G2"}-realtime`
  /** A read that began after an append was acknowledged and does not contain it. */
  | "stale read"
  /** A live query that never shows the last append. */
  | "stale live result"
  /** Reads of a list that disagree about the order of its values. */
  | "incompatible order"
  /** A list that contains a value twice: a transaction ran twice. */
  | "duplicate value"
  /** A list that contains a value which no transaction appended to it. */
  | "unknown value"
  /** A read that contradicts an earlier operation of the same transaction. */
  | "internal";
