import { ConvexError } from "convex/values";
import type { FailureCode } from "./problems.lib";

export type { FailureCode };

/** One field that failed validation, with a message for the caller. */
export type FieldError = {
  in: "path" | "query" | "header" | "body";
  /** Dotted path of the field; empty for the whole part. */
  path: string;
  message: string;
};

/** The data of a refusal. It crosses `ctx.run*` as `ConvexError` data, because error classes do not survive that call. */
export type Failure = {
  kind: "failure";
  code: FailureCode;
  detail: string;
  errors?: FieldError[];
  /** Response headers, such as `Allow` or `Retry-After`. */
  headers?: Record<string, string>;
  /** The reason for the refusal. Only the log gets it; the caller never sees it. */
  reason?: string;
};

/**
 * Refuses a request: throws an error that the API renders as a problem (RFC 9457). Functions and HTTP code can call it.
 *
 * @example
 * const item = await ctx.db.get(id) ?? fail("not_found", `No item ${id}`);
 */
export function fail(...refusal: Parameters<typeof failure>): never {
  throw failure(...refusal);
}

/** Refuses a request because of one invalid field. The detail is `PATH: MESSAGE`, or `IN: MESSAGE` if the path is empty. */
export function failField(error: FieldError): never {
  fail("invalid_request", `${error.path || error.in}: ${error.message}`, { errors: [error] });
}

/** Returns the error that `fail` throws, for code that rejects a promise with it. */
export function failure(
  code: FailureCode,
  detail: string,
  more: Pick<Failure, "errors" | "headers" | "reason"> = {},
): ConvexError<Failure> {
  return new ConvexError({ kind: "failure", code, detail, ...more } satisfies Failure);
}

/** Returns the failure that an error carries, or undefined for an unexpected error. */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof ConvexError)) return undefined;
  const data: unknown = error.data;
  return typeof data === "object" && data !== null && "kind" in data && data.kind === "failure"
    ? (data as Failure)
    : undefined;
}
