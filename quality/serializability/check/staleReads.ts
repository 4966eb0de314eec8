/** Finds reads that miss values which had been acknowledged before the read began. */
import type { Anomaly, Transaction } from "./history";
import type { Lists } from "./lists";
import { shown } from "./lists";

/** A value that was acknowledged. */
interface Acknowledged {
  readonly value: number;
  readonly transaction: Transaction;
  /** The length that the list has at least once it contains the value. */
  readonly length: number;
}

/** The value that a list has to contain from a time on. */
interface Requirement extends Acknowledged {
  readonly from: number;
}

export function staleReads({ writes, reads, orders, unread, committed }: Lists): Anomaly[] {
  const byKey = new Map<string, Acknowledged[]>();
  const add = (key: string, value: number, length: number): void => {
    const transaction = writes.get(value)?.transaction;
    if (transaction === undefined || !committed(transaction) || transaction.endedAt === Infinity) return;
    const entry = { value, transaction, length };
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [entry]);
    else others.push(entry);
  };
  for (const [key, order] of orders) for (const [i, value] of order.entries()) add(key, value, i + 1);
  for (const [key, missing] of unread) for (const { value } of missing) add(key, value, Infinity);

  const required = new Map([...byKey].map(([key, entries]) => [key, requirementsOf(entries)]));
  return reads.flatMap(({ key, values, transaction }): Anomaly[] => {
    const { startedAt, name } = transaction;
    const least = lastBefore(required.get(key) ?? [], startedAt);
    if (least === undefined || values.length >= least.length) return [];
    const { value, transaction: writer } = least;
    const description =
      `${name}, which began at ${startedAt}, read ${key} = ${shown(values)} without ${value}, ` +
      `which ${writer.name} had appended by ${writer.endedAt}`;
    return [{ kind: "stale read", description }];
  });
}

/** Returns the requirements in the order of time. Each keeps the greatest length so far. */
function requirementsOf(entries: readonly Acknowledged[]): Requirement[] {
  const requirements: Requirement[] = [];
  let longest: Acknowledged | undefined;
  for (const entry of entries.toSorted((a, b) => a.transaction.endedAt - b.transaction.endedAt)) {
    if (longest === undefined || entry.length > longest.length) longest = entry;
    requirements.push({ ...longest, from: entry.transaction.endedAt });
  }
  return requirements;
}

/** Returns the last requirement that holds at a time. */
function lastBefore(sorted: readonly Requirement[], time: number): Requirement | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Requirement).from < time) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
