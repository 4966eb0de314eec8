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

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
