/** An attack on a running server, which lasts for a given time. */
export interface Attack {
  readonly name: string;
  /** A description, for the output. */
  readonly about: string;
  /**
   * @param until milliseconds, as `performance.now()` counts. New rounds begin only before this time.
   * @returns counts by name.
   */
  run(target: Target, until: number): Promise<Counts>;
}

export type Counts = Readonly<Record<string, number>>;

interface Target {
  /** The origin of the HTTP actions, without a trailing slash. */
  readonly url: string;
  /** The origin of stored files and of Convex's tools. */
  readonly apiUrl: string;
}
