/** How hard the product is tried, as the command line says. */
export interface Scale {
  /** How often it is killed. */
  readonly rounds: number;
  /** Idle connections that are held at once. */
  readonly connections: number;
  readonly seed: number;
  /** Whether limits of minutes are waited for. */
  readonly long: boolean;
}

declare module "vitest" {
  export interface ProvidedContext {
    scale: Scale;
  }
}
