/** The schedules of `cronJobs()`, in the format of `crons.export()`, and their next times. */
import { createHash } from "node:crypto";
import type { CronSchedule, IntervalSchedule } from "../exec/cronJob";
import { nextMatch, parseCron } from "./cronExpression";

/** Checks a schedule. @throws Error for a cron string that is invalid or never matches. */
export function checkSchedule(schedule: CronSchedule): void {
  if (schedule.type !== "interval") parseCron(expressionOf(schedule, ""));
}

/**
 * Returns the time of a job's first run on this schedule. An interval begins immediately, or one interval after the job's last run
 * on a previous schedule.
 *
 * @param name the name of the job, from which the minute is derived if the schedule leaves it open.
 * @param previous the time of the last run, `null` without one. Times are milliseconds since 1970.
 */
export function firstRun(schedule: CronSchedule, name: string, previous: number | null, now: number): number {
  if (schedule.type !== "interval") return matchAfter(schedule, name, now);
  return previous === null ? now : Math.max(now, previous + intervalOf(schedule));
}

/** Returns the time of the run after the one due at `previous`. Missed runs are skipped, as on Convex. */
export function followingRun(schedule: CronSchedule, name: string, previous: number, now: number): number {
  if (schedule.type !== "interval") {
    // A run that is due in this millisecond is not missed.
    return matchAfter(schedule, name, Math.max(previous, now - 1));
  }
  const interval = intervalOf(schedule);
  const missed = Math.max(0, Math.ceil((now - previous) / interval) - 1);
  return previous + interval * (missed + 1);
}

function intervalOf({ seconds = 0, minutes = 0, hours = 0 }: IntervalSchedule): number {
  return (seconds + minutes * 60 + hours * 3600) * 1000;
}

function matchAfter(schedule: Exclude<CronSchedule, IntervalSchedule>, name: string, after: number): number {
  const next = nextMatch(parseCron(expressionOf(schedule, name)), after);
  if (next === null) throw new Error(`The cron job "${name}" never runs again`);
  return next;
}

function expressionOf(schedule: Exclude<CronSchedule, IntervalSchedule>, name: string): string {
  if (schedule.type === "cron") return schedule.cron;
  const minute = schedule.minuteUTC ?? minuteOf(name);
  switch (schedule.type) {
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${schedule.hourUTC} * * *`;
    case "weekly":
      return `${minute} ${schedule.hourUTC} * * ${schedule.dayOfWeek.slice(0, 3)}`;
    case "monthly":
      return `${minute} ${schedule.hourUTC} ${schedule.day} * *`;
  }
}

/** Derives a constant minute from the job's name. Like Convex's choice, it spreads jobs over the hour. */
function minuteOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt16BE(0) % 60;
}
