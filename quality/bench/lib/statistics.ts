/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error("No values, no median");
  return (lower + upper) / 2;
}

/**
 * How many times `base` the `values` are: the median of the rounds' own ratios. Both times of one round were taken within
 * milliseconds, so a machine that is slow for a while slows both, and the ratio stays.
 */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  return median(
    values.map((value, round) => {
      const other = base[round];
      if (other === undefined) throw new Error(`Round ${round} has no base`);
      return value / other;
    }),
  );
}

/** Noise moves a figure by a few per cent, so a budget only fails when it is exceeded by more. */
const TOLERANCE = 1.15;

export type Verdict = "ok" | "over, within tolerance" | "exceeded";

export function verdict(value: number, budget: number): Verdict {
  if (value <= budget) return "ok";
  return value <= budget * TOLERANCE ? "over, within tolerance" : "exceeded";
}

/** The smallest value that at least this share of all values does not exceed. @param sorted smallest first. */
export function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("No values, no percentile");
  return value;
}
