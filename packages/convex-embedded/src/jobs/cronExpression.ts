/**
 * Cron expressions: `minute hour day-of-month month day-of-week`, in UTC, where Sunday is 0. They are separated by spaces and tabs.
 *
 * The parser gives the answers of Convex's, also where they surprise:
 *
 * - A field is `*`, or a list of `5`, `1-5`, `5/10` (from 5 to the end of the field), `1-20/5` and `*` + `/15`. A star in a later
 *   item stands for the lowest value.
 * - Months and days of the week may be given by three letters, in any case.
 * - A range may run backwards: `22-2`. Without a step it then begins one value early, at 21.
 * - Days of the month: `L` (the last), `L-3`, `LW` (the last weekday), `L-3W`, `15W` (the weekday nearest to the 15th).
 * - Days of the week: `L` (Saturday), `5L` (the last Friday of the month), `5#2` (the second one).
 * - If both days are restricted, one match is enough. Only a plain `*` leaves a field unrestricted.
 *
 * Source: `saffron/src` of get-convex/saffron.
 */
import { domMatcher, dowMatcher } from "./cronDays";
import type { DayMatcher } from "./cronDays";
import type { CronField } from "./cronField";
import { parseList } from "./cronField";

/** The times that an expression allows. */
export interface CronTimes {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** From 1. */
  readonly months: ReadonlySet<number>;
  /** `null` for a star. */
  readonly day: DayMatcher | null;
  readonly weekday: DayMatcher | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Days to search. The longest wait is eight years, for a 29 February across the turn of a century. */
const HORIZON_DAYS = 9 * 366;

const MINUTE: CronField = { name: "minute", min: 0, max: 59 };
const HOUR: CronField = { name: "hour", min: 0, max: 23 };
const MONTH: CronField = {
  name: "month",
  min: 1,
  max: 12,
  names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};

/** Parses an expression. @throws Error that quotes the invalid part, or reports that the expression never matches. */
export function parseCron(expression: string): CronTimes {
  const fields = expression.split(/[ \t]+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  if (fields.length !== 5) {
    throw new Error(
      `The cron spec "${expression}" needs five fields (minute hour day month weekday), not ${fields.length}`,
    );
  }
  const times = {
    minutes: parseList(minute, MINUTE),
    hours: parseList(hour, HOUR),
    months: parseList(month, MONTH),
    day: domMatcher(day),
    weekday: dowMatcher(weekday),
  };
  if (nextMatch(times, 0) === null) {
    throw new Error(`The cron spec "${expression}" will never match any time`);
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
  const [hours, minutes] = [sorted(times.hours), sorted(times.minutes)];
  for (let i = 0; i < HORIZON_DAYS; i++) {
    const day = today + i * DAY_MS;
    if (!matchesDay(times, new Date(day))) continue;
    const earliest = i === 0 ? first - today : 0;
    for (const hour of hours) {
      for (const minute of minutes) {
        const within = (hour * 60 + minute) * MINUTE_MS;
        if (within >= earliest) return day + within;
      }
    }
  }
  return null;
}

function matchesDay({ months, day, weekday }: CronTimes, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  if (day === null || weekday === null) return (day ?? weekday)?.(date) ?? true;
  return day(date) || weekday(date);
}

function sorted(values: ReadonlySet<number>): number[] {
  return [...values].sort((a, b) => a - b);
}
