import type { Inspection } from "../../../packages/convex-embedded/fixtures/inspect";
import type { Call } from "../client";

/** The server of a round, and the random numbers of the run. */
export interface Turn {
  readonly call: Call;
  readonly random: () => number;
}

/** One workload: requests that run while the server may be killed, and checks of their effects afterwards. */
export interface Workload {
  readonly name: string;
  /** How many clients do the work at the same time. */
  readonly workers: number;
  /** Returns how many effects the server has acknowledged. */
  acknowledged(): number;
  /** Does one piece of work. Rejects with a TypeError, as `fetch` does, when the server is killed. @param worker from 0. */
  work(turn: Turn, worker: number): Promise<void>;
  /** After a restart: repeats the unanswered requests, as a client would. @returns problems. */
  retry(turn: Turn): Promise<string[]>;
  /** After the last round: compares the acknowledged effects with what the API shows. @returns problems. */
  missing(turn: Turn): Promise<string[]>;
  /** After the server has ended: finds effects that were stored more than once or partly. @returns problems. */
  duplicates(found: Inspection): string[];
}

/** Returns the values that occur more than once. */
export function repeated(values: Iterable<unknown>): unknown[] {
  const seen = new Set<unknown>();
  return [...values].filter((value) => seen.size === seen.add(value).size);
}

/** Returns up to `count` random values, because checking all of them would take longer with every round. */
export function sample<T>(all: readonly T[], count: number, random: () => number): T[] {
  return all.length <= count
    ? [...all]
    : Array.from({ length: count }, () => all[Math.floor(random() * all.length)] as T);
}

/** @throws Error with the answer if its status is not one of these. */
export function expectStatus(
  answer: { status: number; text: string },
  what: string,
  ...statuses: number[]
): void {
  if (!statuses.includes(answer.status)) throw new Error(`${what}: ${answer.status} ${answer.text}`);
}
