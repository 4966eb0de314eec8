/** The lists that the workload uses. A few at a time, so that transactions meet, and none for long, so that lists stay short. */
import type { Random } from "../../../packages/convex-embedded/fixtures/random";
import { below } from "../../../packages/convex-embedded/fixtures/random";

/** How a list is stored; see `project/convex/transactions.ts`. */
const PLACES = ["document", "rows", "ledger"] as const;
const KEYS_PER_PLACE = 4;
/** A list is replaced by a new one after this many appends. */
const MAX_LENGTH = 30;

export class KeyPool {
  readonly #active: { key: string; length: number }[] = [];
  /** All keys so far. */
  readonly all: string[] = [];
  #value = 0;

  /** @param epoch part of the names of the keys. */
  constructor(private readonly epoch: number) {
    for (let i = 0; i < KEYS_PER_PLACE; i++)
      for (const place of PLACES) this.#active.push(this.#create(place));
  }

  /** Returns a list to read. */
  pick(random: Random): string {
    return this.#pick(random).key;
  }

  /** Returns different lists to read. */
  several(random: Random, count: number): string[] {
    return [...new Set(Array.from({ length: count }, () => this.pick(random)))];
  }

  /** Returns a list to append to, and the value to append. */
  next(random: Random): { key: string; value: number } {
    const entry = this.#pick(random);
    entry.length++;
    if (entry.length >= MAX_LENGTH) {
      this.#active[this.#active.indexOf(entry)] = this.#create(entry.key.split(":")[0] ?? "");
    }
    return { key: entry.key, value: ++this.#value };
  }

  isActive(key: string): boolean {
    return this.#active.some((entry) => entry.key === key);
  }

  #pick(random: Random): { key: string; length: number } {
    return this.#active[below(random, this.#active.length)] as { key: string; length: number };
  }

  #create(place: string): { key: string; length: number } {
    const key = `${place}:${this.epoch}.${this.all.length}`;
    this.all.push(key);
    return { key, length: 0 };
  }
}
