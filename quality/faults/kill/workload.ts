import type { Inspection } from "../../../packages/convex-embedded/fixtures/inspect";
import type { Call } from "../client";

/** Where a run is: its server, and the random numbers of the one who asks. */
export interface Turn {
  readonly call: Call;
  readonly random: () => number;
}

/** One workload: requests that run while the server may be killed, and checks of their effects afterwards. */
export interface Workload {
  readonly name: string;
  /** Connections that do it at once. */
  readonly workers: number;
  /** Acknowledged pieces. */
  acknowledged(): number;
  /** Does a piece. Rejects with a TypeError, as `fetch` does, when the server is gone. @param worker from 0. */
  work(turn: Turn, worker: number): Promise<void>;
  /** After a restart: asks again for what had no answer, as a client would. @returns what is wrong. */
  again(turn: Turn): Promise<string[]>;
  /** When everything has settled: compares what was acknowledged with what the API shows. */
  missing(turn: Turn): Promise<string[]>;
  /** When the server has ended: what has happened twice, or half, as the data directory tells. */
  twice(found: Inspection): string[];
}

/** Values that come more than once. */
export function repeated(values: Iterable<unknown>): unknown[] {
  const seen = new Set<unknown>();
  return [...values].filter((value) => seen.size === seen.add(value).size);
}

/** Some of many, to be looked at again: all would take longer with every round. */
export function some<T>(all: readonly T[], count: number, random: () => number): T[] {
  return all.length <= count
    ? [...all]
    : Array.from({ length: count }, () => all[Math.floor(random() * all.length)] as T);
}

/** @throws Error with what came, if it has another status. */
export function expectStatus(
  answer: { status: number; text: string },
  what: string,
  ...statuses: number[]
): void {
  if (!statuses.includes(answer.status)) throw new Error(`${what}: ${answer.status} ${answer.text}`);
}
