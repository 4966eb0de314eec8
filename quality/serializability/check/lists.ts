/** The lists of a history: which transaction wrote each value, and in which order. */
import type { Anomaly, Transaction } from "./history";

/** The append of one value. */
interface Write {
  readonly key: string;
  readonly value: number;
  readonly transaction: Transaction;
  /** The value that the same transaction appended to the list next, if there is one. */
  next: number | null;
}

/** A read of a list, without the values that the transaction itself had appended before it. */
interface Read {
  readonly key: string;
  readonly values: readonly number[];
  readonly transaction: Transaction;
}

export interface Lists {
  /** By value. */
  readonly writes: ReadonlyMap<number, Write>;
  readonly reads: readonly Read[];
  /** The longest read of each list. All other reads of it are prefixes, unless `anomalies` says otherwise. */
  readonly orders: ReadonlyMap<string, readonly number[]>;
  /** Appends that no read contains, by key. They come after all values in `orders`. */
  readonly unread: ReadonlyMap<string, readonly Write[]>;
  /** False for a transaction that left no trace: it was aborted, or its outcome is unknown and no read contains its values. */
  readonly committed: (transaction: Transaction) => boolean;
  readonly anomalies: readonly Anomaly[];
}

/** Collects the lists of a history, and the anomalies that single reads show. */
export function listsOf(history: readonly Transaction[]): Lists {
  const anomalies: Anomaly[] = [];
  const writes = new Map<number, Write>();
  const reads: Read[] = [];
  for (const transaction of history) collect(transaction, writes, reads, anomalies);

  const seen = new Set<number>();
  for (const read of reads) {
    checkValues(read, writes, anomalies);
    for (const value of read.values) seen.add(value);
  }
  const orders = ordersOf(reads, anomalies);
  const visible = new Set<Transaction>();
  for (const value of seen) {
    const writer = writes.get(value)?.transaction;
    if (writer !== undefined) visible.add(writer);
  }
  const committed = (transaction: Transaction): boolean =>
    transaction.outcome === "committed" || (transaction.outcome === "unknown" && visible.has(transaction));
  const unread = new Map<string, Write[]>();
  for (const write of writes.values()) {
    if (seen.has(write.value) || !committed(write.transaction)) continue;
    const others = unread.get(write.key);
    if (others === undefined) unread.set(write.key, [write]);
    else others.push(write);
  }
  return { writes, reads, orders, unread, committed, anomalies };
}

/** Adds the writes and reads of a transaction, and checks its reads against its own earlier operations. */
function collect(
  transaction: Transaction,
  writes: Map<number, Write>,
  reads: Read[],
  anomalies: Anomaly[],
): void {
  /** The end of each list that the transaction must read from now on. */
  const own = new Map<string, Write[]>();
  /** The list that the transaction must read next: its last read, and its own appends since. */
  const known = new Map<string, readonly number[]>();
  for (const operation of transaction.operations) {
    const { key } = operation;
    const appended = own.get(key) ?? [];
    const before = known.get(key);
    if (operation.do === "append") {
      const write: Write = { key, value: operation.value, transaction, next: null };
      const previous = appended.at(-1);
      if (previous !== undefined) previous.next = write.value;
      writes.set(write.value, write);
      own.set(key, [...appended, write]);
      if (before !== undefined) known.set(key, [...before, write.value]);
      continue;
    }
    const { values } = operation;
    const rest = values.length - appended.length;
    const endsWithOwn = appended.every(({ value }, i) => values[rest + i] === value);
    if (!endsWithOwn || (before !== undefined && !equal(before, values))) {
      const expected =
        before === undefined ? `… ${shown(appended.map(({ value }) => value))}` : shown(before);
      anomalies.push({
        kind: "internal",
        description: `${transaction.name} read ${key} = ${shown(values)} where its earlier operations imply ${expected}`,
      });
    }
    known.set(key, values);
    reads.push({ key, values: endsWithOwn ? values.slice(0, rest) : values, transaction });
  }
}

/** Checks that a read contains only values that it may contain. */
function checkValues(
  { key, values, transaction }: Read,
  writes: ReadonlyMap<number, Write>,
  anomalies: Anomaly[],
): void {
  const where = `${transaction.name} read ${key} = ${shown(values)}`;
  if (new Set(values).size < values.length) {
    anomalies.push({ kind: "duplicate value", description: `${where}, which contains a value twice` });
  }
  for (const value of values) {
    const write = writes.get(value);
    if (write?.key !== key) {
      anomalies.push({ kind: "unknown value", description: `${where}, but nothing appended ${value} to it` });
    } else if (write.transaction.outcome === "aborted") {
      const writer = write.transaction.name;
      anomalies.push({
        kind: "G1a",
        description: `${where}, but ${writer}, which appended ${value}, was aborted`,
      });
    }
  }
  const last = writes.get(values.at(-1) ?? NaN);
  if (last !== undefined && last.next !== null && last.transaction !== transaction) {
    const description = `${where}, but ${last.transaction.name} appended ${last.next} right after ${last.value}`;
    anomalies.push({ kind: "G1b", description });
  }
}

/** Returns the longest read of each list, and reports reads that are not prefixes of it. */
function ordersOf(reads: readonly Read[], anomalies: Anomaly[]): Map<string, readonly number[]> {
  const longest = new Map<string, Read>();
  for (const read of reads) {
    if (read.values.length > (longest.get(read.key)?.values.length ?? -1)) longest.set(read.key, read);
  }
  for (const { key, values, transaction } of reads) {
    const other = longest.get(key) as Read;
    if (values.every((value, i) => other.values[i] === value)) continue;
    const description = `${transaction.name} read ${key} = ${shown(values)}, but ${other.transaction.name} read ${shown(other.values)}`;
    anomalies.push({ kind: "incompatible order", description });
  }
  return new Map([...longest].map(([key, { values }]) => [key, values]));
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => b[i] === value);
}

/** Formats a list. Only the end of a long one, because that is where reads differ. */
export function shown(values: readonly number[]): string {
  const MAX = 12;
  return values.length <= MAX ? `[${values.join(" ")}]` : `[… ${values.slice(-MAX).join(" ")}]`;
}
