/** A subscribed query: its latest results, shared by all connections that subscribe to it. */
import type { Engine } from "../exec/engine";
import type { QueryCall, QueryResult } from "./subscribedQuery";
import type { Reading } from "./readings";

/** A larger result is not kept after it was replaced. An older reading that needs it runs the query again. */
const MAX_KEPT_CHARACTERS = 64 * 1024;

/** A result, and the commits for which it is valid: from `commit` until before `invalidAt`. */
export interface Outcome extends QueryResult {
  readonly engine: Engine;
  readonly commit: number;
  /** `Infinity` while no commit has changed the read set. */
  invalidAt: number;
}

export class LiveQuery {
  /** Called when the result may have changed. */
  readonly subscribers = new Set<() => void>();
  #current: Outcome | null = null;
  /** The result before the current one. A connection with an older reading may still need it. */
  #previous: Outcome | null = null;
  readonly #running = new Map<Reading, Promise<Outcome>>();

  constructor(
    /** Identifies the query among the queries that new subscribers may share. */
    public callText: string,
    readonly call: QueryCall,
  ) {}

  get current(): Outcome | null {
    return this.#current;
  }

  /** The end of the page that the next execution returns. */
  get journal(): string | null {
    return this.#current?.journal ?? this.call.journal;
  }

  /** Returns the result after a commit, `null` if it is unknown. */
  at({ commit, engine }: Pick<Reading, "commit" | "engine">): Outcome | null {
    const isValid = (outcome: Outcome | null): boolean =>
      outcome !== null && outcome.engine === engine && outcome.commit <= commit && commit < outcome.invalidAt;
    if (isValid(this.#current)) return this.#current;
    return isValid(this.#previous) ? this.#previous : null;
  }

  /** Returns the result of a reading. Connections that need it at the same time share one execution. */
  read(reading: Reading, run: () => Promise<Outcome>): Promise<Outcome> {
    let running = this.#running.get(reading);
    if (running === undefined) {
      running = run().finally(() => this.#running.delete(reading));
      this.#running.set(reading, running);
    }
    return running;
  }

  /** Replaces the current result. */
  replace(outcome: Outcome): void {
    const before = this.#current;
    this.#current = outcome;
    if (before === null) return;
    before.invalidAt = Math.min(before.invalidAt, outcome.commit);
    this.#previous = before.members.length > MAX_KEPT_CHARACTERS ? null : before;
  }

  /** Reports that a commit may have changed the result. */
  invalidate(commit: number): void {
    if (this.#current !== null) this.#current.invalidAt = Math.min(this.#current.invalidAt, commit);
    for (const changed of this.subscribers) changed();
  }
}
