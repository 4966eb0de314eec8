/** When a cron job runs: the schedules that `cronJobs()` knows, as `crons.export()` writes them, and their next times. */
import { createHash } from "node:crypto";
import type { CronSchedule, IntervalSchedule } from "../exec/cronJob";
import { nextMatch, parseCron } from "./cronExpression";

/** @throws Error if it is a cron string that cannot be read or never matches. */
export function checkSchedule(schedule: CronSchedule): void {
  if (schedule.type !== "interval") parseCron(expressionOf(schedule, ""));
}

/**
 * When a job runs for the first time on this schedule. An interval begins at once, or one interval after the last run
 * that another schedule gave the job.
 *
 * @param name the job's: it decides the minute where the schedule leaves it open.
 * @param previous the time of the last run, `null` without one. Times are milliseconds since 1970.
 */
export function firstRun(schedule: CronSchedule, name: string, previous: number | null, now: number): number {
  if (schedule.type !== "interval") return matchAfter(schedule, name, now);
  return previous === null ? now : Math.max(now, previous + intervalOf(schedule));
}

/** The run that follows the one due at `previous`. Those that have been missed meanwhile are left out, as on Convex. */
export function followingRun(schedule: CronSchedule, name: string, previous: number, now: number): number {
  if (schedule.type !== "interval") {
    // A run that is due in this very millisecond is not missed.
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
  if (next === null) throw new Error(`The cron job "${name}" has no next time`);
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

/** Convex picks a minute where none is given, so that jobs do not all run at the full hour. This one stays the same. */
function minuteOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt16BE(0) % 60;
}
