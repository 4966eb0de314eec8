/**
 * The field schemas of the contracts. A contract gets them as an argument (`({ z, text }) => …`) and does not import them, so
 * that a request loads zod only if its route validates something.
 */
import { docsOnly } from "#docsOnly";
import * as zod from "zod/mini";
import { described } from "./described.kit";
import { REQUIRED } from "./messages.kit";
import { isEmail, toTime } from "./productFormats.kit";
import { hasAtMost } from "./values.kit";

/**
 * The part of zod that contracts get. Each member makes the module larger that every validated request on Convex loads. A
 * contract that needs another part imports it from `zod/mini` itself; then all requests of its resource load it.
 */
export const z = {
  object: zod.object,
  strictObject: zod.strictObject,
  array: zod.array,
  union: zod.union,
  string: zod.string,
  number: zod.number,
  boolean: zod.boolean,
  enum: zod.enum,
  literal: zod.literal,
  unknown: zod.unknown,
  exactOptional: zod.exactOptional,
  nullable: zod.nullable,
  minLength: zod.minLength,
  regex: zod.regex,
  check: zod.check,
};

/** Limits the length, which `hasAtMost` counts. zod's `maxLength` counts UTF-16 units instead, so an emoji counts twice. */
export function atMost(maximum: number) {
  const check = z.check<string | unknown[]>(({ value, issues }) => {
    if (hasAtMost(value, maximum)) return;
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
    z.string().check(zod.trim(), z.minLength(1), atMost(max)),
    docsOnly(() => ({ type: "string", minLength: 1, maxLength: max, pattern: "\\S" })),
  );

/** A required field with any JSON value. */
export const required = () =>
  zod.any().check(
    z.check(({ value, issues }) => {
      if (value === undefined) issues.push({ code: "custom", input: value, message: REQUIRED });
    }),
  );

/** A time on the wire: RFC 3339, UTC. */
export const time = () =>
  zod.stringFormat("date-time", isTime, { error: "must be a time such as 2030-01-31T12:00:00Z" });

/** A time in the future. */
export const futureTime = () =>
  zod.stringFormat("date-time", (text) => isTime(text) && Date.parse(text) > Date.now(), {
    error: "must be a time in the future, such as 2030-01-31T12:00:00Z",
  });

/** An email address. Only its syntax is checked. */
export const email = () => zod.stringFormat("email", isEmail, { error: "must be an email address" });

/** An integer in a query. The value stays text; convert it with `Number`. */
export const wholeNumber = (min: number, max: number) =>
  described(
    zod.stringFormat(
      "integer",
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      {
        error: `must be an integer from ${min} to ${max}`,
      },
    ),
    docsOnly(() => ({ type: "integer", minimum: min, maximum: max })),
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
    docsOnly(() => ({ type: "integer", minimum: min, maximum: max })),
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
