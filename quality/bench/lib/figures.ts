/** The figures of a run, and their goals. */

export interface Goal {
  readonly bound: "at least" | "at most";
  readonly value: number;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "×" | "/s" | "ms" | "MB" | "";
  readonly goal?: Goal;
}

export const atLeast = (value: number): Goal => ({ bound: "at least", value });
export const atMost = (value: number): Goal => ({ bound: "at most", value });

/** Noise changes a figure by a few per cent, so a goal fails only if it is missed by more than this share. */
const TOLERANCE = 0.15;

export type Verdict = "ok" | "short, within tolerance" | "missed";

/** Compares a figure with its goal. @returns `null` for a figure without a goal. */
export function verdictOf({ value, goal }: Figure): Verdict | null {
  if (goal === undefined) return null;
  const least = goal.bound === "at least";
  if (least ? value >= goal.value : value <= goal.value) return "ok";
  const reached = least ? value >= goal.value * (1 - TOLERANCE) : value <= goal.value * (1 + TOLERANCE);
  return reached ? "short, within tolerance" : "missed";
}

/** Formats a number as `0`, `0.35`, `12.3` or `12,345`. */
export function shown(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function tableOf(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length)) + 2;
  const line = (figure: Figure): string => {
    const { name, value, unit, goal } = figure;
    const result = goal ? `  ${goal.bound} ${shown(goal.value)}: ${verdictOf(figure) ?? ""}` : "";
    return `${name.padEnd(width)}${shown(value).padStart(9)} ${unit.padEnd(3)}${result}`.trimEnd();
  };
  return figures.map(line).join("\n");
}
