import type * as z from "zod/mini";
import type { FieldError } from "./product.kit";

type Issue = z.core.$ZodIssue;

/** Messages for a value of the wrong type, by zod's name of the expected type. */
const MUST_BE: Record<string, string> = {
  string: "must be a string",
  number: "must be a number",
  int: "must be an integer",
  boolean: "must be true or false",
  array: "must be an array",
  object: "must be an object",
  record: "must be an object",
  null: "must be null",
};

/**
 * Turns zod's issues into field errors that a caller understands. zod/mini has no messages of its own.
 *
 * @param data The validated value. It shows whether a field is missing or has a wrong value.
 * @param named True for name-value input (queries and forms), where a list means that a name was repeated.
 */
export function fieldErrors(
  part: FieldError["in"],
  issues: readonly Issue[],
  data: unknown,
  named = part === "query",
): FieldError[] {
  const errors = issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") {
      const unknown = part === "query" ? "is not a known query parameter" : "is not a known field";
      return issue.keys.map((key) => ({ in: part, path: path ? `${path}.${key}` : key, message: unknown }));
    }
    return [{ in: part, path, message: message(issue, valueAt(data, issue.path), named) }];
  });
  // Keeps the first error of each field, because later errors follow from it. A set keeps this fast for many errors.
  const seen = new Set<string>();
  return errors.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function message(issue: Issue, value: unknown, named = false): string {
  if (named && Array.isArray(value)) return "must be given only once";
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return REQUIRED;
      return MUST_BE[issue.expected] ?? `must be of type ${issue.expected}`;
    case "too_small":
      return small(issue);
    case "too_big":
      return `must ${HOLD[issue.origin] ?? "be"} at most ${issue.maximum}${UNIT[issue.origin] ?? ""}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((value) => String(value)).join(", ")}`;
    case "invalid_union":
      return union(issue, value);
    default:
      return issue.message && issue.message !== "Invalid input"
        ? issue.message
        : "is not what this route takes";
  }
}

/** The message of a missing required field. `summary` in `schemas.kit.ts` compares with it to word the detail of a single error. */
export const REQUIRED = "is required";

const UNIT: Record<string, string> = { string: " characters", array: " elements" };
const HOLD: Record<string, string> = { string: "have", array: "have" };

function small(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.minimum === 1 && UNIT[issue.origin]) return "must not be empty";
  return `must ${HOLD[issue.origin] ?? "be"} at least ${issue.minimum}${UNIT[issue.origin] ?? ""}`;
}

/** Joins the distinct messages of a union's members: "must be a string or must be null". */
function union(issue: z.core.$ZodIssueInvalidUnion, value: unknown): string {
  const words = issue.errors.flatMap((member) => member.slice(0, 1).map((first) => message(first, value)));
  return words.length > 0 ? [...new Set(words)].join(" or ") : "is not what this route takes";
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data,
  );
}
