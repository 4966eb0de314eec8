/** The two fields of cron expressions that restrict days. See `cronExpression.ts`. */
import type { CronField } from "./cronField";
import { numberOf, parseList, parseValue, unreadable, WEEKDAY_NAME } from "./cronField";

/** True if the expression allows the day, which is given by its first moment in UTC. */
export type DayMatcher = (date: Date) => boolean;

const DAY: CronField = { name: "day of the month", min: 1, max: 31 };
const WEEKDAY: CronField = {
  name: WEEKDAY_NAME,
  min: 0,
  max: 6,
  names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};
const MAX_OFFSET = 30;
const MAX_NTH = 5;
const MONDAY = 1;
const FRIDAY = 5;
const SATURDAY = 6;

/** Parses the days of the month. Returns `null` for a star. @throws Error that quotes an invalid item. */
export function domMatcher(text: string): DayMatcher | null {
  if (text === "*") return null;
  if (text === "L") return (date) => date.getUTCDate() === lastDay(date);
  if (text === "LW") return isLastWeekday;
  if (text.startsWith("L-")) return fromLast(text);
  if (text.endsWith("W")) {
    const day = parseValue(text.slice(0, -1), text, DAY);
    return (date) => isNearest(date, day);
  }
  const days = parseList(text, DAY);
  return (date) => days.has(date.getUTCDate());
}

/** Parses the days of the week. Returns `null` for a star. @throws Error that quotes an invalid item. */
export function dowMatcher(text: string): DayMatcher | null {
  if (text === "*") return null;
  if (text === "L") return (date) => date.getUTCDay() === SATURDAY;
  if (text.endsWith("L")) {
    const day = parseValue(text.slice(0, -1), text, WEEKDAY);
    return (date) => date.getUTCDay() === day && date.getUTCDate() + 7 > lastDay(date);
  }
  const [name = "", given, ...more] = text.split("#");
  if (given !== undefined) {
    const day = parseValue(name, text, WEEKDAY);
    const nth = numberOf(given);
    if (!(nth >= 1 && nth <= MAX_NTH) || more.length > 0) throw unreadable(text, WEEKDAY);
    return (date) => date.getUTCDay() === day && Math.ceil(date.getUTCDate() / 7) === nth;
  }
  const days = parseList(text, WEEKDAY);
  return (date) => days.has(date.getUTCDay());
}

/** `L-3` or `L-3W`. */
function fromLast(text: string): DayMatcher {
  const nearest = text.endsWith("W");
  const offset = numberOf(text.slice(2, nearest ? -1 : undefined));
  if (!(offset >= 1 && offset <= MAX_OFFSET)) throw unreadable(text, DAY);
  if (!nearest) return (date) => date.getUTCDate() + offset === lastDay(date);
  return (date) => {
    // How many days after the target this day is.
    const after = date.getUTCDate() + offset - lastDay(date);
    const weekday = date.getUTCDay();
    // Convex also accepts the Monday after a target on a Saturday.
    if (weekday === MONDAY && after >= 0 && after < 3) return true;
    return (isWeekday(weekday) && after === 0) || (weekday === FRIDAY && after === -1);
  };
}

function isLastWeekday(date: Date): boolean {
  const [day, weekday, last] = [date.getUTCDate(), date.getUTCDay(), lastDay(date)];
  return (isWeekday(weekday) && day === last) || (weekday === FRIDAY && last - day < 3);
}

/** True if the day is the weekday nearest to a day of its month. */
function isNearest(date: Date, target: number): boolean {
  const [day, weekday] = [date.getUTCDate(), date.getUTCDay()];
  if (isWeekday(weekday) && day === target) return true;
  // The nearest weekday is never in another month.
  if (weekday === MONDAY) return day - 1 === target || (day === 3 && target === 1);
  if (weekday !== FRIDAY) return false;
  return day + 1 === target || (day + 2 === target && target === lastDay(date));
}

function isWeekday(weekday: number): boolean {
  return weekday >= MONDAY && weekday <= FRIDAY;
}

function lastDay(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
