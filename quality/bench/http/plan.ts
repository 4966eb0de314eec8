/** How much a run does. */
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
  /** Of one turn in a round. */
  readonly milliseconds: number;
  /** V8 compiles what runs often: each server gets so many requests before the first round, but no more time than that. */
  readonly warmUpRequests: number;
  readonly warmUpMs: number;
  readonly connections: readonly number[];
  /** Items of the caller. */
  readonly items: number;
  /** The same for the mock, which looks at every document on each page of a list. */
  readonly mockItems: number;
}

export type Scale = Omit<Plan, "root" | "directory" | "mixer" | "load" | "say">;

/** Where servers with limits and the mock take part, too. */
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
