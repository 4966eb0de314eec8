import fc from "fast-check";
import { expect, test } from "vitest";
import { nextMatch, parseCron } from "./cronExpression";

const MINUTE_MS = 60_000;
const utc = (text: string) => Date.parse(`${text}Z`);
const next = (expression: string, after: string) =>
  new Date(nextMatch(parseCron(expression), utc(after)) ?? NaN).toISOString().slice(0, 16);

test.each([
  ["* * * * *", "2026-03-01T08:35:00", "2026-03-01T08:36"],
  ["* * * * *", "2026-03-01T08:35:59.999", "2026-03-01T08:36"],
  ["5 * * * *", "2023-03-01T08:35", "2023-03-01T09:05"],
  ["30 8 * * *", "2023-02-28T08:35", "2023-03-01T08:30"],
  ["30 12 * * 2", "2023-02-28T12:30", "2023-03-07T12:30"],
  ["30 12 1 * *", "2023-12-01T12:30", "2024-01-01T12:30"],
  ["0 12 * * 1,5", "2023-02-28T08:35", "2023-03-03T12:00"],
  ["0 12 * * Mon-FRI/2", "2023-03-03T12:00", "2023-03-06T12:00"],
  ["*/20 9-17/4 * * *", "2026-01-01T13:40", "2026-01-01T17:00"],
  ["50/5 * * * *", "2026-01-01T00:00", "2026-01-01T00:50"],
  ["0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00"],
  ["0 0 29 feb *", "2096-02-29T00:00", "2104-02-29T00:00"],
  ["59 23 31 12 *", "2026-12-31T23:59", "2027-12-31T23:59"],
])("%s after %s is %s", (expression, after, expected) => {
  expect(next(expression, after)).toBe(expected);
});

/** The days of a month on which an expression matches. */
function daysIn(month: string, expression: string): number[] {
  const times = parseCron(expression);
  const days: number[] = [];
  const [start, end] = [utc(`${month}-01T00:00`), utc(`${month}-01T00:00`) + 31 * 24 * 60 * MINUTE_MS];
  for (let at = nextMatch(times, start - 1); at !== null && at < end; at = nextMatch(times, at)) {
    const date = new Date(at);
    if (date.toISOString().startsWith(month)) days.push(date.getUTCDate());
  }
  return days;
}

// By the tables of get-convex/saffron. August 2026 begins on a Saturday and ends on a Monday.
test.each<[string, string, number[]]>([
  ["2026-02", "0 0 L * *", [28]],
  ["2026-02", "0 0 L-3 * *", [25]],
  ["2026-02", "0 0 LW * *", [27]],
  ["2026-08", "0 0 LW * *", [31]],
  ["2026-08", "0 0 1W * *", [3]],
  ["2026-08", "0 0 15W * *", [14]],
  ["2026-08", "0 0 16W * *", [17]],
  ["2026-05", "0 0 31W * *", [29]],
  ["2026-08", "0 0 L-1W * *", [31]],
  ["2026-08", "0 0 L-2W * *", [28, 31]],
  ["2026-08", "0 0 * * L", [1, 8, 15, 22, 29]],
  ["2026-08", "0 0 * * 5L", [28]],
  ["2026-08", "0 0 * * friL", [28]],
  ["2026-08", "0 0 * * MON#2", [10]],
  ["2026-08", "0 0 * * 6#5", [29]],
  ["2026-08", "0 0 * * FRI-SUN", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30]],
  ["2026-08", "0 0 30-2 * *", [1, 2, 29, 30, 31]],
  ["2026-08", "0 0 28-4/2 * *", [3, 28, 30]],
  ["2026-08", "0 0 5,* * *", [1, 5]],
  ["2026-08", "0 0 007 * *", [7]],
])("in %s, %s matches on %j", (month, expression, days) => {
  expect(daysIn(month, expression)).toEqual(days);
});

test("if both days are restricted, one match is enough; only a plain star leaves a field unrestricted", () => {
  // 1 January 2026 is a Thursday.
  expect(next("0 0 13 * 5", "2026-01-01T00:00")).toBe("2026-01-02T00:00");
  expect(next("0 0 13 * 5", "2026-01-09T00:00")).toBe("2026-01-13T00:00");
  expect(next("0 0 13 * *", "2026-01-01T00:00")).toBe("2026-01-13T00:00");
  expect(next("0 0 */30 * 5", "2026-01-02T00:00")).toBe("2026-01-09T00:00");
});

test.each([
  ["* * * *", "needs five fields"],
  ["* * * * * *", "needs five fields"],
  ["60 * * * *", '"60" is not a valid minute'],
  ["* 24 * * *", '"24" is not a valid hour'],
  ["* * 0 * *", '"0" is not a valid day of the month'],
  ["* * * 13 *", '"13" is not a valid month'],
  ["* * * * 7", '"7" is not a valid day of the week'],
  ["* * * * l", '"l" is not a valid day of the week'],
  ["* * * * 5#6", '"5#6" is not a valid day of the week'],
  ["* * L-31 * *", '"L-31" is not a valid day of the month'],
  ["* * 1,15W * *", '"1,15W" is not a valid day of the month'],
  ["* * L,1 * *", '"L" is not a valid day of the month'],
  [" * * * * *", "needs five fields"],
  ["*,5 * * * *", '"*" is not a valid minute'],
  ["*-5 * * * *", '"*-5" is not a valid minute'],
  ["*/60 * * * *", '"*/60" is not a valid minute'],
  ["* * */31 * *", '"*/31" is not a valid day of the month'],
  ["*/0 * * * *", '"*/0" is not a valid minute'],
  ["1,,2 * * * *", '"" is not a valid minute'],
  ["1.5 * * * *", '"1.5" is not a valid minute'],
  ["* * * mon *", '"mon" is not a valid month'],
  ["0 0 30 2 *", 'The cron spec "0 0 30 2 *" will never match any time'],
])("%s is refused: %s", (expression, problem) => {
  expect(() => parseCron(expression)).toThrow(problem);
});

/** Generates a field together with its allowed values, so that the reference needs no parser. */
function field(min: number, max: number): fc.Arbitrary<{ text: string; allows: (value: number) => boolean }> {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const step = fc.integer({ min: 1, max: max - min });
  const item = fc.oneof(
    value.map((n) => ({ text: String(n), allows: (v: number) => v === n })),
    range.map(([a, b]) => ({ text: `${a}-${b}`, allows: (v: number) => v >= a && v <= b })),
    step.map((n) => ({ text: `*/${n}`, allows: (v: number) => (v - min) % n === 0 })),
    fc.tuple(range, step).map(([[a, b], n]) => ({
      text: `${a}-${b}/${n}`,
      allows: (v: number) => v >= a && v <= b && (v - a) % n === 0,
    })),
    fc.tuple(value, step).map(([a, n]) => ({
      text: `${a}/${n}`,
      allows: (v: number) => v >= a && (v - a) % n === 0,
    })),
  );
  const items = fc.array(item, { minLength: 1, maxLength: 3 }).map((list) => ({
    text: list.map(({ text }) => text).join(","),
    allows: (v: number) => list.some(({ allows }) => allows(v)),
  }));
  return fc.oneof(fc.constant({ text: "*", allows: () => true }), items);
}

test("the next match is the first minute that a minute-by-minute search finds", () => {
  const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
  const start = fc.integer({ min: utc("2024-02-20T00:00"), max: utc("2024-03-05T00:00") });
  fc.assert(
    fc.property(fields, start, ([minute, hour, day, month, weekday], after) => {
      const either = day.text !== "*" && weekday.text !== "*";
      const matches = (time: number): boolean => {
        const date = new Date(time);
        const onDay = day.allows(date.getUTCDate());
        const onWeekday = weekday.allows(date.getUTCDay());
        return (
          minute.allows(date.getUTCMinutes()) &&
          hour.allows(date.getUTCHours()) &&
          month.allows(date.getUTCMonth() + 1) &&
          (either ? onDay || onWeekday : onDay && onWeekday)
        );
      };
      let times;
      try {
        times = parseCron([minute, hour, day, month, weekday].map(({ text }) => text).join(" "));
      } catch (error) {
        // The only valid reason to refuse a generated expression.
        expect((error as Error).message).toContain("will never match");
        return;
      }
      const found = nextMatch(times, after);
      const first = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      const horizon = first + 3 * 24 * 60 * MINUTE_MS;
      let expected = first;
      while (expected < horizon && !matches(expected)) expected += MINUTE_MS;
      if (expected < horizon) expect(found).toBe(expected);
      else expect(found).toSatisfy((time: number) => time >= horizon && matches(time));
    }),
    { numRuns: 300 },
  );
});
