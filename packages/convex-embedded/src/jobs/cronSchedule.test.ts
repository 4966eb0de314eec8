import { expect, test } from "vitest";
import type { CronSchedule } from "../exec/cronJob";
import { firstRun, followingRun } from "./cronSchedule";

const utc = (text: string) => Date.parse(`${text}Z`);
const iso = (time: number) => new Date(time).toISOString().slice(0, 19);

test("an interval begins immediately and keeps its rhythm; missed runs are skipped", () => {
  const everyMinute = { type: "interval", minutes: 1 } as const;
  expect(firstRun(everyMinute, "x", null, 1_000)).toBe(1_000);
  expect(followingRun(everyMinute, "x", 1_000, 1_500)).toBe(61_000);
  expect(followingRun(everyMinute, "x", 1_000, 61_000)).toBe(61_000);
  expect(followingRun(everyMinute, "x", 1_000, 61_001)).toBe(121_000);
  expect(followingRun(everyMinute, "x", 1_000, 1_000_000)).toBe(1_021_000);
});

test("a changed interval counts from the last run", () => {
  expect(firstRun({ type: "interval", hours: 1 }, "x", 0, 60_000)).toBe(3_600_000);
  expect(firstRun({ type: "interval", seconds: 5 }, "x", 0, 60_000)).toBe(60_000);
});

test.each<[CronSchedule, string]>([
  [{ type: "hourly", minuteUTC: 5 }, "2026-03-04T11:05:00"],
  [{ type: "daily", hourUTC: 8, minuteUTC: 30 }, "2026-03-05T08:30:00"],
  [{ type: "weekly", dayOfWeek: "tuesday", hourUTC: 8, minuteUTC: 0 }, "2026-03-10T08:00:00"],
  [{ type: "monthly", day: 31, hourUTC: 0, minuteUTC: 0 }, "2026-03-31T00:00:00"],
  [{ type: "cron", cron: "15 7 * * *" }, "2026-03-05T07:15:00"],
])("%o first runs at its next match in UTC", (schedule, expected) => {
  const now = utc("2026-03-04T10:05:00");
  expect(iso(firstRun(schedule, "x", null, now))).toBe(expected);
  expect(iso(firstRun(schedule, "x", utc("2020-01-01T00:00:00"), now))).toBe(expected);
  expect(iso(followingRun(schedule, "x", utc("2020-01-01T00:00:00"), now + 1))).toBe(expected);
});

test("an open minute is constant for a name and differs between names", () => {
  const minute = (name: string) => new Date(firstRun({ type: "hourly" }, name, null, 0)).getUTCMinutes();
  expect(minute("sweep")).toBe(minute("sweep"));
  expect(new Set(["sweep", "mail", "bill", "count"].map(minute)).size).toBeGreaterThan(1);
});

test("setting the clock back does not repeat a run", () => {
  const hourly = { type: "hourly", minuteUTC: 0 } as const;
  const ran = utc("2026-03-04T10:00:00");
  expect(iso(followingRun(hourly, "x", ran, utc("2026-03-04T08:30:00")))).toBe("2026-03-04T11:00:00");
});
