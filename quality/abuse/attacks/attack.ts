/** An attack lasts as long as it is told to, and says what should not have happened. */
export interface Attack {
  readonly name: string;
  /** What is done, for the line that it prints. */
  readonly about: string;
  /**
   * @param until milliseconds, as `performance.now()` counts: no new round begins after that.
   * @returns what was counted, by its name.
   */
  run(target: Target, until: number): Promise<Counts>;
}

export type Counts = Readonly<Record<string, number>>;

interface Target {
  /** The port of the HTTP actions, without a trailing slash. */
  readonly url: string;
  /** The port of stored files and of Convex's tools. */
  readonly apiUrl: string;
}
