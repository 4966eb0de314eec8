/**
 * The graph of a history: which transaction must come before which.
 *
 * ```text
 * write-write   A appended the value right before the one that B appended
 * write-read    B read the list right after A's append
 * read-write    A read the list right before B's append
 * session       the same client ran A, then B
 * realtime      A was acknowledged before B began
 * ```
 *
 * The real-time order of n transactions has up to n² pairs. Instead of them, the graph has a node for each acknowledgement, in a
 * chain: A → its acknowledgement → later ones → B.
 */
import type { Transaction } from "./history";
import type { Lists } from "./lists";

export type EdgeKind = "write-write" | "write-read" | "read-write" | "session" | "realtime";

export interface Edge {
  readonly to: number;
  readonly kind: EdgeKind;
  /** The list and the value behind the edge, for reports; "" for an order of time. */
  readonly why: string;
}

export interface Graph {
  /** The edges from each node. The first nodes are `transactions`, the further ones acknowledgements. */
  readonly edges: readonly (readonly Edge[])[];
  readonly transactions: readonly Transaction[];
}

export function graphOf(history: readonly Transaction[], lists: Lists): Graph {
  const transactions = history.filter(lists.committed);
  const nodes = new Map(transactions.map((transaction, node) => [transaction, node]));
  const edges: Edge[][] = transactions.map(() => []);
  const add = (
    from: Transaction | undefined,
    to: Transaction | undefined,
    kind: EdgeKind,
    why: string,
  ): void => {
    const [start, end] = [from && nodes.get(from), to && nodes.get(to)];
    if (start === undefined || end === undefined || start === end) return;
    edges[start]?.push({ to: end, kind, why });
  };
  const writer = (value: number | undefined): Transaction | undefined =>
    value === undefined ? undefined : lists.writes.get(value)?.transaction;

  for (const [key, order] of lists.orders) {
    for (let i = 1; i < order.length; i++) {
      add(writer(order[i - 1]), writer(order[i]), "write-write", `${key} ${order[i - 1]}, ${order[i]}`);
    }
    for (const { value, transaction } of lists.unread.get(key) ?? []) {
      add(writer(order.at(-1)), transaction, "write-write", `${key} ${order.at(-1)}, ${value}`);
    }
  }
  for (const { key, values, transaction } of lists.reads) {
    const order = lists.orders.get(key) ?? [];
    const last = values.at(-1);
    add(writer(last), transaction, "write-read", `${key} ${last}`);
    const following = order[values.length];
    if (following !== undefined) {
      add(transaction, writer(following), "read-write", `${key} before ${following}`);
    } else {
      for (const write of lists.unread.get(key) ?? []) {
        add(transaction, write.transaction, "read-write", `${key} before ${write.value}`);
      }
    }
  }
  for (const transaction of transactions) {
    for (const earlier of transaction.after) add(earlier, transaction, "session", "");
  }
  addRealTime(transactions, edges);
  return { edges, transactions };
}

function addRealTime(transactions: readonly Transaction[], edges: Edge[][]): void {
  const order = (to: number): Edge => ({ to, kind: "realtime", why: "" });
  const ended = transactions
    .map(({ endedAt }, node) => ({ endedAt, node }))
    .filter(({ endedAt }) => endedAt !== Infinity)
    .sort((a, b) => a.endedAt - b.endedAt);
  const first = edges.length;
  for (const [i, { node }] of ended.entries()) {
    edges[node]?.push(order(first + i));
    edges.push(i + 1 < ended.length ? [order(first + i + 1)] : []);
  }
  const started = transactions
    .map(({ startedAt }, node) => ({ startedAt, node }))
    .sort((a, b) => a.startedAt - b.startedAt);
  let count = 0;
  for (const { startedAt, node } of started) {
    while ((ended[count]?.endedAt ?? Infinity) < startedAt) count++;
    if (count > 0) edges[first + count - 1]?.push(order(node));
  }
}
