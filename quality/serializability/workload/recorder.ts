/** Records the history of one epoch. */
import type { Operation, Transaction } from "../check/history";
import type { Result, Step } from "../project/convex/transactions";
import { effectsOf } from "./plan";

/** How a call ended. A call without an answer may have had its effect. */
export type Outcome<Value> =
  { readonly status: "done"; readonly value: Value } | { readonly status: "failed" | "unanswered" };

/** A scheduled function, which runs at an unknown time after the mutation that scheduled it. */
interface Job {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly by: Transaction;
}

export interface Counts {
  mutations: number;
  queries: number;
  /** Calls that failed on purpose, nested ones included. */
  aborted: number;
  /** Mutations without an answer. */
  unknown: number;
  scheduled: number;
  /** Results that live queries received. */
  live: number;
}

export class Recorder {
  readonly counts: Counts = { mutations: 0, queries: 0, aborted: 0, unknown: 0, scheduled: 0, live: 0 };
  readonly #history: Transaction[] = [];
  readonly #jobs: Job[] = [];
  #time = 0;

  /** Transactions that ran on the server, results of live queries not counted. */
  get transactions(): number {
    const { mutations, queries, scheduled } = this.counts;
    return mutations + queries + scheduled;
  }

  /** Returns a new time: each call returns a greater number. */
  now(): number {
    return ++this.#time;
  }

  /** Records a mutation that has just ended. @param outcome Its value has the results of the steps. */
  mutation(
    client: string,
    steps: readonly Step[],
    startedAt: number,
    outcome: Outcome<readonly Result[]>,
  ): Transaction {
    const { operations, undone, scheduled } = effectsOf(
      steps,
      outcome.status === "done" ? outcome.value : null,
    );
    const name = `${client}, mutation ${++this.counts.mutations}`;
    const aborted = (operations: readonly Operation[]): Transaction =>
      this.#add(`${name}, undone call`, operations, "aborted", startedAt, Infinity);
    for (const operations of undone) aborted(operations);
    this.counts.aborted += undone.length;
    if (outcome.status === "failed") {
      for (const operations of scheduled) aborted(operations);
      this.counts.aborted++;
      return this.#add(name, operations, "aborted", startedAt, Infinity);
    }
    const answered = outcome.status === "done";
    if (!answered) this.counts.unknown++;
    const endedAt = answered ? this.now() : Infinity;
    const by = this.#add(name, operations, answered ? "committed" : "unknown", startedAt, endedAt);
    for (const operations of scheduled) this.#jobs.push({ name: `job of ${name}`, operations, by });
    return by;
  }

  /** Records a query that has just ended. @param after See `Transaction`. */
  query(
    client: string,
    keys: readonly string[],
    startedAt: number,
    lists: readonly (readonly number[])[],
    after: readonly Transaction[] = [],
  ): Transaction {
    const name = `${client}, query ${++this.counts.queries}`;
    return this.#add(name, reads(keys, lists), "committed", startedAt, this.now(), after);
  }

  /** Records the results of the live queries of a client, which it received together. */
  live(
    client: string,
    keys: readonly string[],
    lists: readonly (readonly number[])[],
    after: readonly Transaction[],
  ): Transaction {
    const name = `${client}, live result ${++this.counts.live}`;
    return this.#add(name, reads(keys, lists), "committed", 0, this.now(), after);
  }

  /** Records that all scheduled functions have ended by now. Every job of an acknowledged mutation must have had its effect. */
  jobsEnded(): void {
    const now = this.now();
    for (const { name, operations, by } of this.#jobs.splice(0)) {
      const sure = by.outcome === "committed";
      this.counts.scheduled++;
      this.#add(name, operations, sure ? "committed" : "unknown", by.startedAt, sure ? now : Infinity, [by]);
    }
  }

  /** The history so far. */
  get history(): readonly Transaction[] {
    return this.#history;
  }

  #add(
    name: string,
    operations: readonly Operation[],
    outcome: Transaction["outcome"],
    startedAt: number,
    endedAt: number,
    after: readonly Transaction[] = [],
  ): Transaction {
    const transaction = { name, operations, outcome, startedAt, endedAt, after };
    this.#history.push(transaction);
    return transaction;
  }
}

function reads(keys: readonly string[], lists: readonly (readonly number[])[]): Operation[] {
  return keys.map((key, i) => ({ do: "read", key, values: lists[i] ?? [] }));
}
