/** The size of a run, from the command line. */
export interface Scale {
  /** How often the server is killed, at least. */
  readonly rounds: number;
  /** Idle connections at the same time. */
  readonly connections: number;
  readonly seed: number;
  /** Whether tests wait for time limits of minutes. */
  readonly long: boolean;
}

declare module "vitest" {
  export interface ProvidedContext {
    scale: Scale;
  }
}
