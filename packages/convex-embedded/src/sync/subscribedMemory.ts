/** The memory that all subscriptions of a server use for their arguments, bounded for all clients together. */

/** About 250,000 subscriptions with short arguments. */
const MAX_CHARACTERS = 256 * 1024 * 1024;

/** Too many subscriptions on the server. Closes the connection; the client tries again later. */
export class Overloaded extends Error {}

export class SubscribedMemory {
  #characters = 0;

  /** @param max in characters. */
  constructor(private readonly max = MAX_CHARACTERS) {}

  /** @throws Overloaded if all subscriptions together would exceed the limit. */
  add(characters: number): void {
    if (this.#characters + characters > this.max) throw new Overloaded("Too many subscriptions");
    this.#characters += characters;
  }

  remove(characters: number): void {
    this.#characters -= characters;
  }
}
