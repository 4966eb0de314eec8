import type { ApiContext } from "./env.kit";
import { failureOf, platformFailureOf, publicUrl, type Failure, type FailureCode } from "./product.kit";

type Entry = {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 416 | 422 | 429 | 500 | 503;
  title: string;
};

/** Every problem of the API (RFC 9457): its status and title. `problems.ts` describes how a caller can resolve it. */
export const PROBLEMS = {
  invalid_json: { status: 400, title: "Invalid JSON" },
  invalid_request: { status: 400, title: "Invalid request" },
  invalid_cursor: { status: 400, title: "Invalid cursor" },
  webhook_unsigned: { status: 400, title: "Webhook unsigned" },
  webhook_rejected: { status: 400, title: "Webhook rejected" },
  unauthenticated: { status: 401, title: "Credential missing" },
  invalid_credential: { status: 403, title: "Credential refused" },
  insufficient_scope: { status: 403, title: "Scope missing" },
  quota_exceeded: { status: 403, title: "Quota exceeded" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "Conflict" },
  precondition_failed: { status: 412, title: "Precondition failed" },
  payload_too_large: { status: 413, title: "Payload too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  range_not_satisfiable: { status: 416, title: "Range not satisfiable" },
  idempotency_key_reused: { status: 422, title: "Idempotency key reused" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal server error" },
  timed_out: { status: 503, title: "Timed out" },
  unavailable: { status: 503, title: "Unavailable" },
  not_configured: { status: 503, title: "Not configured" },
} as const satisfies Record<FailureCode, Entry>;

/** The URL that explains a problem. It is built from the API's public URL, never from a Host header. */
export const problemUrl = (code: FailureCode): string => `${publicUrl()}/problems/${code}`;

/**
 * Renders any thrown value as a problem. A platform error that means "unavailable for now" becomes `unavailable`. Any
 * other unexpected error becomes only `Internal server error`; its cause goes to the log.
 */
export function problem(c: ApiContext, error: unknown): Response {
  const failure = failureOf(error) ?? platformFailureOf(error);
  const { code, detail, errors, headers } = failure && failure.code !== "internal" ? failure : UNEXPECTED;
  const { status, title } = PROBLEMS[code];
  const body = {
    type: problemUrl(code),
    title,
    status,
    code,
    detail,
    error: detail,
    requestId: c.var.requestId,
    ...(errors && { errors }),
  };
  return c.body(JSON.stringify(body), status, { ...headers, "Content-Type": "application/problem+json" });
}

/** The only information that a caller gets about an unexpected error. */
const UNEXPECTED: Failure = { kind: "failure", code: "internal", detail: "Internal server error" };
