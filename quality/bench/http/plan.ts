/** The size of a run. */
import type { Child } from "../lib/children";

export interface Plan {
  readonly root: string;
  /** A directory for the databases. */
  readonly directory: string;
  /** `mix.child.ts` */
  readonly mixer: Child;
  /** `load.child.ts` */
  readonly load: Child;
  readonly say: (line: string) => void;
  readonly rounds: number;
  /** The length of one turn in a round. */
  readonly milliseconds: number;
  /** Requests to each server before the first round, because V8 compiles functions that run often. */
  readonly warmUpRequests: number;
  /** The longest time for these requests. */
  readonly warmUpMs: number;
  readonly connections: readonly number[];
  /** Items of the caller. */
  readonly items: number;
  /** Items of the caller on the mock, which reads every document for each page of a list. */
  readonly mockItems: number;
}

export type Scale = Omit<Plan, "root" | "directory" | "mixer" | "load" | "say">;

/** The number of connections at which the servers with limits and the mock are measured, too. */
export const MIDDLE = 50;

export const FULL: Scale = {
  rounds: 7,
  milliseconds: 2_000,
  warmUpRequests: 30_000,
  warmUpMs: 15_000,
  connections: [10, MIDDLE, 200],
  items: 10_000,
  mockItems: 500,
};
export const QUICK: Scale = {
  ...FULL,
  rounds: 3,
  milliseconds: 1_000,
  warmUpRequests: 10_000,
  warmUpMs: 5_000,
  items: 2_000,
  mockItems: 200,
};
