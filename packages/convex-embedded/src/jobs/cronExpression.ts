/**
 * Cron expressions: `minute hour day-of-month month day-of-week`, in UTC, where Sunday is 0.
 *
 * Each field is a list of `*`, `5`, `1-5`, `5/10` (from 5 to the end of the field), `1-20/5` and `*` + `/15`. Months and days of the
 * week may be given by their first three letters. If both days are restricted, one match is enough. As in Convex's parser, only a
 * plain `*` leaves a field unrestricted, and 7 is not a valid day of the week.
 */

/** The values that an expression allows. The sets hold numbers as in `Date`, except that months start at 1. */
export interface CronTimes {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Days to search. The longest wait is eight years, for a 29 February across the turn of a century. */
const HORIZON_DAYS = 9 * 366;

const MINUTE: Field = { name: "minute", min: 0, max: 59 };
const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY: Field = { name: "day of the month", min: 1, max: 31 };
const MONTH: Field = {
  name: "month",
  min: 1,
  max: 12,
  names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Field = {
  name: "day of the week",
  min: 0,
  max: 6,
  names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/** Parses an expression. @throws Error that quotes the invalid part, or reports that the expression never matches. */
export function parseCron(expression: string): CronTimes {
  const fields = expression.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  if (fields.length !== 5) {
    throw new Error(
      `The cron spec "${expression}" needs five fields (minute hour day month weekday), not ${fields.length}`,
    );
  }
  const times = {
    minutes: parseField(minute, MINUTE),
    hours: parseField(hour, HOUR),
    days: parseField(day, DAY),
    months: parseField(month, MONTH),
    weekdays: parseField(weekday, WEEKDAY),
    anyDay: day === "*",
    anyWeekday: weekday === "*",
  };
  if (nextMatch(times, 0) === null) {
    throw new Error(`The cron spec ${expression} will never match any time`);
  }
  return times;
}

/**
 * Returns the first matching minute after a time, `null` if there is none.
 *
 * @param after milliseconds since 1970, exclusive.
 */
export function nextMatch(times: CronTimes, after: number): number | null {
  const first = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const today = Math.floor(first / DAY_MS) * DAY_MS;
  for (let i = 0; i < HORIZON_DAYS; i++) {
    const day = today + i * DAY_MS;
    if (!matchesDay(times, new Date(day))) continue;
    const earliest = i === 0 ? first - today : 0;
    for (const hour of sorted(times.hours)) {
      for (const minute of sorted(times.minutes)) {
        const within = (hour * 60 + minute) * MINUTE_MS;
        if (within >= earliest) return day + within;
      }
    }
  }
  return null;
}

function matchesDay(times: CronTimes, date: Date): boolean {
  if (!times.months.has(date.getUTCMonth() + 1)) return false;
  const day = times.days.has(date.getUTCDate());
  const weekday = times.weekdays.has(date.getUTCDay());
  return times.anyDay || times.anyWeekday ? day && weekday : day || weekday;
}

function parseField(text: string, field: Field): Set<number> {
  const allowed = new Set<number>();
  for (const item of text.split(",")) {
    const parts = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,4}))?$/i.exec(item);
    if (parts === null || (parts[1] === "*" && parts[2] !== undefined)) throw unreadable(item, field);
    const [, low = "", high, every] = parts;
    const start = low === "*" ? field.min : numberOf(low, item, field);
    const open = low === "*" || every !== undefined;
    const end = high !== undefined ? numberOf(high, item, field) : open ? field.max : start;
    const step = every === undefined ? 1 : Number(every);
    if (end < start || step === 0) throw unreadable(item, field);
    for (let value = start; value <= end; value += step) allowed.add(value);
  }
  return allowed;
}

function numberOf(text: string, item: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + field.min : /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  if (!(value >= field.min && value <= field.max)) throw unreadable(item, field);
  return value;
}

function unreadable(item: string, { name, min, max }: Field): Error {
  return new Error(
    `"${item}" is not a valid ${name} in a cron spec. Use numbers from ${min} to ${max}, ranges (1-5), steps (*/15) or ` +
      "lists of these.",
  );
}

function sorted(values: ReadonlySet<number>): number[] {
  return [...values].sort((a, b) => a - b);
}
