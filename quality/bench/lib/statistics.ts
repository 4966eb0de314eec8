/** Returns the middle value, or the mean of the two middle values if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error("The median of no values is undefined");
  return (lower + upper) / 2;
}

/**
 * Returns the median of the ratios `values / base` of the rounds. Both values of a round are measured within a short time, so a
 * slow moment of the machine affects both, and the ratio stays the same.
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

/** Noise changes a figure by a few per cent, so a budget fails only if it is exceeded by more than this factor. */
const TOLERANCE = 1.15;

export type Verdict = "ok" | "over, within tolerance" | "exceeded";

export function verdict(value: number, budget: number): Verdict {
  if (value <= budget) return "ok";
  return value <= budget * TOLERANCE ? "over, within tolerance" : "exceeded";
}

/** Returns the smallest value that at least this share of all values does not exceed. @param sorted smallest first. */
export function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("The percentile of no values is undefined");
  return value;
}
