import { ConvexError } from "convex/values";

/** Every way in which the API refuses. `http/kit/problem.kit.ts` has their statuses and titles, `problems.ts` explains them. */
export type FailureCode =
  | "invalid_json"
  | "invalid_request"
  | "invalid_cursor"
  | "webhook_unsigned"
  | "webhook_rejected"
  | "unauthenticated"
  | "invalid_credential"
  | "insufficient_scope"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "precondition_failed"
  | "payload_too_large"
  | "range_not_satisfiable"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "rate_limited"
  | "internal"
  | "timed_out"
  | "unavailable"
  | "not_configured";

/** One field that failed validation, in words that a caller understands. */
export type FieldError = {
  in: "path" | "query" | "header" | "body";
  /** Dotted path of the field; empty for the whole part. */
  path: string;
  message: string;
};

/** What travels with a failure across `ctx.run*`, where error classes do not survive but `ConvexError` data does. */
export type Failure = {
  kind: "failure";
  code: FailureCode;
  detail: string;
  errors?: FieldError[];
  /** Header names and values that belong to the refusal, such as `Allow` or `Retry-After`. */
  headers?: Record<string, string>;
  /** Why the request was refused, for the log alone: the caller never sees it. */
  reason?: string;
};

/**
 * Refuses: throws the one error that the API renders as a problem (RFC 9457). Usable in functions and in HTTP code.
 *
 * @example
 * const item = await ctx.db.get(id) ?? fail("not_found", `No item ${id}`);
 */
export function fail(...refusal: Parameters<typeof failure>): never {
  throw failure(...refusal);
}

/** Refuses for one field that failed validation: its path, or its part of the request, is named with what it must be. */
export function failField(error: FieldError): never {
  fail("invalid_request", `${error.path || error.in}: ${error.message}`, { errors: [error] });
}

/** What `fail` throws, for who has to reject with it. */
export function failure(
  code: FailureCode,
  detail: string,
  more: Pick<Failure, "errors" | "headers" | "reason"> = {},
): ConvexError<Failure> {
  return new ConvexError({ kind: "failure", code, detail, ...more } satisfies Failure);
}

/** The failure that an error carries, or undefined for an error that is nobody's intention. */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof ConvexError)) return undefined;
  const data: unknown = error.data;
  return typeof data === "object" && data !== null && "kind" in data && data.kind === "failure"
    ? (data as Failure)
    : undefined;
}
