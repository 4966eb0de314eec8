/**
 * The field schemas of the contracts. They use few of zod's building blocks on purpose, because every request on Convex loads
 * each imported one.
 */
import { documented } from "#documented";
import * as z from "zod/mini";
import { described } from "./described.kit";
import { REQUIRED } from "./messages.kit";
import { isEmail, toTime } from "./product.kit";

export { toTime };

/**
 * Limits the number of elements, or of characters as JSON Schema counts them: code points (RFC 8259, section 1). zod's
 * `maxLength` counts UTF-16 units instead, so an emoji counts twice.
 */
export function atMost(maximum: number) {
  const check = z.check<string | unknown[]>(({ value, issues }) => {
    // A code point has at most two units, so the rest of a long text does not need to be read.
    if (Array.from(value.slice(0, 2 * maximum + 2)).length <= maximum) return;
    const origin = typeof value === "string" ? "string" : "array";
    issues.push({ code: "too_big", origin, maximum, inclusive: true, input: value });
  });
  // zod's own checks store their JSON Schema keywords here.
  check._zod.onattach.push(({ _zod }) => (_zod.bag["maximum"] = maximum));
  return check;
}

/** A text for people: trimmed, not empty, at most `max` characters. */
export const text = (max: number) =>
  described(
    z.string().check(z.trim(), z.minLength(1), atMost(max)),
    documented(() => ({ type: "string", minLength: 1, maxLength: max, pattern: "\\S" })),
  );

/** A required field with any JSON value. */
export const required = () =>
  z.any().check(
    z.check(({ value, issues }) => {
      if (value === undefined) issues.push({ code: "custom", input: value, message: REQUIRED });
    }),
  );

/** An opaque id in a path. The format is not validated: the lookup answers 404 for a malformed id, as for an unknown one. */
export const id = () => z.string();

/** A time on the wire: RFC 3339, UTC. */
export const time = () =>
  z.stringFormat("date-time", isTime, { error: "must be a time such as 2030-01-31T12:00:00Z" });

/** A time in the future. */
export const futureTime = () =>
  z.stringFormat("date-time", (text) => isTime(text) && Date.parse(text) > Date.now(), {
    error: "must be a time in the future, such as 2030-01-31T12:00:00Z",
  });

/** An email address. Only its syntax is checked. */
export const email = () => z.stringFormat("email", isEmail, { error: "must be an email address" });

/** An integer in a query. The value stays text; convert it with `Number`. */
export const wholeNumber = (min: number, max: number) =>
  described(
    z.stringFormat(
      "integer",
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      {
        error: `must be an integer from ${min} to ${max}`,
      },
    ),
    documented(() => ({ type: "integer", minimum: min, maximum: max })),
  );

/** An integer in a JSON body. */
export const integer = (min: number, max: number) =>
  described(
    z.number().check(
      z.check(({ value, issues }) => {
        if (Number.isInteger(value) && value >= min && value <= max) return;
        issues.push({ code: "custom", input: value, message: `must be an integer from ${min} to ${max}` });
      }),
    ),
    documented(() => ({ type: "integer", minimum: min, maximum: max })),
  );

const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function isTime(text: string): boolean {
  const ms = Date.parse(text);
  if (!TIME.test(text) || Number.isNaN(ms)) return false;
  // RFC 3339 has four-digit years only. An offset may move the time out of that range, and replies are in UTC.
  if (!TIME.test(toTime(ms))) return false;
  // `Date.parse` reads February 30 as March 2.
  const day = text.slice(0, 10);
  return new Date(day).toISOString().startsWith(day);
}
