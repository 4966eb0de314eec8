/**
 * The fast path of JSON bodies: finds out without zod that a body is valid. Loading zod is the largest part of what a POST costs
 * on Convex, and most bodies are valid. A body that is not certainly valid goes to zod and `@hono/zod-validator`, which decide and
 * describe the errors.
 */
import type { SchemaThunk } from "./contract.kit";
import { isEmail } from "./productFormats.kit";
import { hasAtMost } from "./values.kit";

/** Returns the output for a valid input. Throws for any other input. */
type Read = ((input: unknown) => unknown) & {
  check: (...checks: Check[]) => Read;
  /** The field may be absent. */
  optional?: true;
};

/** Adds an issue if the value is invalid, or replaces the value, as zod's checks do. */
type Check = (payload: { value: unknown; issues: unknown[] }) => void;

/**
 * Returns the value that zod would make of a body, or undefined if that is uncertain: the body is invalid, or its schema uses more
 * of zod than `fastFields`.
 */
export function certainValue(schema: SchemaThunk, body: unknown): unknown {
  try {
    // The thunk gets other implementations of the same names. A name that is missing here throws a TypeError.
    return (schema as unknown as (fields: typeof fastFields) => Read)(fastFields)(body);
  } catch {
    return undefined;
  }
}

function certain(valid: boolean | undefined): void {
  if (!valid) throw new TypeError("The value is not certainly valid");
}

function reader(read: (input: unknown) => unknown): Read {
  const check = (...checks: Check[]) =>
    reader((input) => {
      const payload = { value: read(input), issues: [] };
      for (const run of checks) run(payload);
      certain(payload.issues.length === 0);
      return payload.value;
    });
  return Object.assign((input: unknown) => read(input), { check });
}

/** A reader that returns the inputs for which `accepts` is true. */
const accepting = (accepts: (input: unknown) => boolean): Read =>
  reader((input) => {
    certain(accepts(input));
    return input;
  });

const objectOf = (shape: Readonly<Record<string, Read>>, strict: boolean): Read =>
  reader((input) => {
    certain(typeof input === "object" && input !== null && !Array.isArray(input));
    const given = input as Record<string, unknown>;
    certain(!strict || Object.keys(given).every((name) => Object.hasOwn(shape, name)));
    const output: Record<string, unknown> = {};
    for (const name in shape) {
      const field = shape[name];
      if (Object.hasOwn(given, name)) output[name] = field?.(given[name]);
      else certain(field?.optional);
    }
    return output;
  });

/** A check that adds an issue unless `accepts` is true for a text or an array. */
const lengthCheck =
  (accepts: (value: string | unknown[]) => boolean): Check =>
  ({ value, issues }) => {
    if (!accepts(value as string | unknown[])) issues.push(value);
  };

const string = () => accepting((input) => typeof input === "string");
const minLength = (minimum: number) => lengthCheck(({ length }) => length >= minimum);
const atMost = (maximum: number) => lengthCheck((value) => hasAtMost(value, maximum));
const trim: Check = (payload) => (payload.value = (payload.value as string).trim());

/** The names of `fields.kit.ts` that bodies use most, with the same meaning. A test compares both on the bodies of all routes. */
const fastFields = {
  z: {
    object: (shape: Readonly<Record<string, Read>>) => objectOf(shape, false),
    strictObject: (shape: Readonly<Record<string, Read>>) => objectOf(shape, true),
    array: (element: Read) =>
      reader((input) => {
        certain(Array.isArray(input));
        return (input as unknown[]).map((value) => element(value));
      }),
    string,
    number: () => accepting(Number.isFinite),
    boolean: () => accepting((input) => typeof input === "boolean"),
    enum: (values: readonly unknown[]) => accepting((input) => values.includes(input)),
    exactOptional: (inner: Read) => Object.assign(reader(inner), { optional: true as const }),
    nullable: (inner: Read) => reader((input) => (input === null ? null : inner(input))),
    minLength,
    regex:
      (pattern: RegExp): Check =>
      ({ value, issues }) => {
        pattern.lastIndex = 0;
        if (!pattern.test(value as string)) issues.push(value);
      },
    check: (check: Check) => check,
  },
  atMost,
  text: (max: number) => string().check(trim, minLength(1), atMost(max)),
  email: () => accepting((input) => typeof input === "string" && isEmail(input)),
};
