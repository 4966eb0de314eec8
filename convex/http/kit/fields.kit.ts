/**
 * The kinds of fields that contracts are made of. They use few of zod's building blocks on purpose: each kind that is
 * imported is code that every request on Convex loads.
 */
import { documented } from "#documented";
import * as z from "zod/mini";
import { described } from "./described.kit";
import { REQUIRED } from "./messages.kit";
import { isEmail } from "./product.kit";

/**
 * At most so many elements, or characters as JSON Schema counts them: code points (RFC 8259, section 1), not the UTF-16 units
 * of zod's `maxLength`, by which an emoji counts twice.
 */
export function atMost(maximum: number) {
  const check = z.check<string | unknown[]>(({ value, issues }) => {
    // No code point takes more than two units, so that no more of a long text needs to be looked at.
    if (Array.from(value.slice(0, 2 * maximum + 2)).length <= maximum) return;
    const origin = typeof value === "string" ? "string" : "array";
    issues.push({ code: "too_big", origin, maximum, inclusive: true, input: value });
  });
  // Where zod's own checks leave what the document is to say.
  check._zod.onattach.push(({ _zod }) => (_zod.bag["maximum"] = maximum));
  return check;
}

/** A field that people read: trimmed, not empty, at most `max` characters. */
export const text = (max: number) =>
  described(
    z.string().check(z.trim(), z.minLength(1), atMost(max)),
    documented(() => ({ type: "string", minLength: 1, maxLength: max, pattern: "\\S" })),
  );

/** A field of any JSON value, which must be there. */
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

/** An email address, as far as its form tells. */
export const email = () => z.stringFormat("email", isEmail, { error: "must be an email address" });

/** A whole number in a query, where everything is text. It stays text; `Number` reads it. */
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

/** A whole number in a JSON body. */
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

/** Milliseconds since the epoch as a time on the wire. */
export const toTime = (ms: number): string => new Date(ms).toISOString();

const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function isTime(text: string): boolean {
  const ms = Date.parse(text);
  if (!TIME.test(text) || Number.isNaN(ms)) return false;
  // An offset may lead out of the years of four digits, which are all that RFC 3339 can write; a reply has no offset.
  if (!TIME.test(toTime(ms))) return false;
  // `Date.parse` takes February 30 for March 2.
  const day = text.slice(0, 10);
  return new Date(day).toISOString().startsWith(day);
}
