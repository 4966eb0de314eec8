/** Cron jobs in the form that `cronJobs().export()` of `convex/server` returns. */
import type { JSONValue } from "convex/values";

export type IntervalSchedule = {
  readonly type: "interval";
  readonly seconds?: number;
  readonly minutes?: number;
  readonly hours?: number;
};

export type CronSchedule =
  | IntervalSchedule
  | { readonly type: "hourly"; readonly minuteUTC?: number }
  | { readonly type: "daily"; readonly hourUTC: number; readonly minuteUTC?: number }
  | {
      readonly type: "weekly";
      readonly dayOfWeek: string;
      readonly hourUTC: number;
      readonly minuteUTC?: number;
    }
  | {
      readonly type: "monthly";
      readonly day: number;
      readonly hourUTC: number;
      readonly minuteUTC?: number;
    }
  | { readonly type: "cron"; readonly cron: string };

/** One job of `crons.ts`. */
export interface CronJobJson {
  /** The function: `items:sweep`. */
  readonly name: string;
  /** A list with one object, the arguments, in Convex's JSON form. */
  readonly args: JSONValue;
  readonly schedule: CronSchedule;
}
