/** Parses the lists of values in cron expressions. See `cronExpression.ts`. */

export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

/** Convex parses numbers as bytes. */
const MAX_NUMBER = 255;

/** Returns the values of a field. @throws Error that quotes the invalid item. */
export function parseList(text: string, field: CronField): Set<number> {
  if (text === "*") return new Set(between(field.min, field.max));
  const allowed = new Set<number>();
  for (const [i, item] of text.split(",").entries()) {
    for (const value of parseItem(item, field, i === 0)) allowed.add(value);
  }
  return allowed;
}

/** Returns a value of a field, given by a number or a name. @throws Error that quotes the item. */
export function parseValue(text: string, item: string, field: CronField): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + field.min : numberOf(text);
  if (!(value >= field.min && value <= field.max)) throw unreadable(item, field);
  return value;
}

/** Returns a number without a sign, `NaN` for any other text. */
export function numberOf(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value <= MAX_NUMBER ? value : Number.NaN;
}

export function unreadable(item: string, { name, min, max }: CronField): Error {
  return new Error(
    `"${item}" is not a valid ${name} in a cron spec. Use numbers from ${min} to ${max}, ranges (1-5), steps (*/15) or ` +
      "lists of these.",
  );
}

/** @param first False for a later item of a list, where a star stands for the lowest value. */
function parseItem(item: string, field: CronField, first: boolean): number[] {
  const [range = "", every, ...more] = item.split("/");
  const [low = "", high, ...others] = range.split("-");
  if (more.length > 0 || others.length > 0) throw unreadable(item, field);
  if (low === "*" && first && (every === undefined || high !== undefined)) throw unreadable(item, field);
  const start = low === "*" ? field.min : parseValue(low, item, field);
  const end = high === undefined ? undefined : parseValue(high, item, field);
  if (every === undefined) return end === undefined ? [start] : rangeOf(start, end, field);
  const step = numberOf(every);
  if (!(step >= 1 && step <= field.max - field.min)) throw unreadable(item, field);
  return stepsOf(start, end ?? field.max, step, field);
}

function rangeOf(start: number, end: number, { min, max }: CronField): number[] {
  // A backward range of Convex's parser begins one value early.
  return start <= end ? between(start, end) : [...between(start - 1, max), ...between(min, end)];
}

function stepsOf(start: number, end: number, step: number, field: CronField): number[] {
  if (start === end) return [start];
  if (step === 1) return rangeOf(start, end, field);
  // For a backward range, Convex's parser counts positions from 0 up to the field's highest value, and on from its lowest one.
  const { min, max } = field;
  const offset = min;
  const positions =
    start <= end
      ? between(start - offset, end - offset)
      : [...between(start - offset, highest(field)), ...between(lowest(field), end - offset)];
  return positions
    .filter((_, i) => i % step === 0)
    .flatMap((at) => (at + offset <= max ? [at + offset] : []));
}

/** The bounds that Convex's parser has for the days of the week are 1 and 7, although Sunday is 0. */
function lowest({ name, min }: CronField): number {
  return name === WEEKDAY_NAME ? 1 : min;
}

function highest({ name, max }: CronField): number {
  return name === WEEKDAY_NAME ? 7 : max;
}

export const WEEKDAY_NAME = "day of the week";

function between(low: number, high: number): number[] {
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i);
}
