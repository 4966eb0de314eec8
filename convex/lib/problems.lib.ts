/**
 * The catalogue of problems (RFC 9457): one entry for each code that a refusal may have. A new code needs only its entry here. The
 * type of `fail`, the replies, the OpenAPI document, `/problems/:code` and the tests follow from it.
 *
 * @example
 * upstream_failed: {
 *   status: 502,
 *   title: "Upstream failed",
 *   explanation: "The price service did not answer. Retry later.",
 *   example: "The price service answered 500",
 * },
 *
 * An entry without `where` occurs only on the routes whose contracts name its code in `problems`. Refused requests load this
 * file, and others do not.
 */
const CATALOGUE = {
  invalid_json: {
    status: 400,
    title: "Invalid JSON",
    explanation: "The body is not JSON, or not valid UTF-8. Send one JSON value, encoded as UTF-8.",
    example: "Invalid JSON body",
    where: "json",
  },
  invalid_request: {
    status: 400,
    title: "Invalid request",
    explanation: "A path, query, header or body value is invalid. `errors` names each invalid field.",
    example: "name: must not be empty",
    where: "input",
  },
  invalid_cursor: {
    status: 400,
    title: "Invalid cursor",
    explanation: "The cursor was not issued by this list with these filters. Start again without a cursor.",
    example: "cursor: was not issued by this list with these filters",
    where: "paged",
  },
  webhook_unsigned: {
    status: 400,
    title: "Webhook unsigned",
    explanation:
      "The webhook lacks its signature headers. Only its source, which knows the secret, can send it.",
    example: "Missing signature",
  },
  webhook_rejected: {
    status: 400,
    title: "Webhook rejected",
    explanation:
      "The webhook's signature does not verify, or its time differs from the server's by more than five minutes. The webhook was not stored.",
    example: "Webhook verification failed",
  },
  unauthenticated: {
    status: 401,
    title: "Credential missing",
    explanation: "The route needs a credential. Send `X-API-Key: KEY` or `Authorization: Bearer KEY`.",
    example: "Missing credential: send X-API-Key or Authorization: Bearer",
    where: "credential",
    headers: ["WWW-Authenticate"],
  },
  invalid_credential: {
    status: 403,
    title: "Credential refused",
    explanation:
      "The key is unknown, expired or revoked, or the token does not verify. Use another credential.",
    example: "Invalid API key",
    where: "credential",
    headers: ["WWW-Authenticate"],
  },
  insufficient_scope: {
    status: 403,
    title: "Scope missing",
    explanation:
      "The credential is valid but lacks the scope that `detail` names. Use a credential with this scope.",
    example: "This credential lacks the scope jobs:write",
    where: "scope",
    headers: ["WWW-Authenticate"],
  },
  quota_exceeded: {
    status: 403,
    title: "Quota exceeded",
    explanation:
      "The owner stores as much as the deployment allows. `detail` names the quota. Delete something first.",
    example: "An owner has at most 20 webhook endpoints",
  },
  not_found: {
    status: 404,
    title: "Not found",
    explanation: "The resource does not exist, or belongs to another caller. The API does not reveal which.",
    example: "No item k57f2q9v3s1x8w6t4r0pzc5m7h6a",
    where: "params",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    explanation: "The path does not support this method. `Allow` lists the supported methods.",
    example: "/api/keys does not accept PUT",
    where: "every route",
    headers: ["Allow"],
  },
  conflict: {
    status: 409,
    title: "Conflict",
    explanation:
      "The request conflicts with existing data, such as a value that must be unique and is already in use, or an earlier request with the same `Idempotency-Key` is still running. In this case, the reply has `Retry-After`.",
    example: "email: ada@example.com belongs to another user",
    where: "external",
  },
  outcome_unknown: {
    status: 409,
    title: "Outcome unknown",
    explanation:
      "An earlier request with this `Idempotency-Key` began its work and did not report how the work ended, for example because the server stopped. The work may have taken effect. It is not repeated. Check whether it took effect before you send it again with a new key.",
    example: "Idempotency-Key: an earlier request began, and its outcome is unknown",
    where: "external",
  },
  precondition_failed: {
    status: 412,
    title: "Precondition failed",
    explanation:
      "The resource has changed since it was read, so `If-Match` does not match. Read it again, then retry.",
    example: "If-Match does not hold: the resource has changed since it was read",
    where: "guarded",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    explanation: "The body is larger than the route accepts. `detail` names the limit.",
    example: "The body is larger than 1048576 bytes",
    where: "every route",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    explanation:
      "The route does not accept this Content-Type or Content-Encoding. `detail` names the accepted values.",
    example: "Content-Type must be application/json",
    where: "body",
    headers: ["Accept-Encoding", "Accept-Patch"],
  },
  range_not_satisfiable: {
    status: 416,
    title: "Range not satisfiable",
    explanation:
      "The Range lies outside the file. `Content-Range` has the file's size. Request a range within it, or the whole file.",
    example: "Range: the file has 40123 bytes",
    headers: ["Content-Range"],
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused",
    explanation:
      "The Idempotency-Key was used before with another method, path or body. Use a new key for a new request.",
    example: "Idempotency-Key: was used for another request",
    where: "idempotent",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    explanation:
      "The caller has used up its quota. Wait `Retry-After` seconds; `RateLimit` shows the remaining quota.",
    example: "Too many requests: try again in 1 s",
    where: "limited",
    headers: ["Retry-After"],
  },
  internal: {
    status: 500,
    title: "Internal server error",
    explanation:
      "An unexpected error that the caller cannot fix. The server's log has the cause under `requestId`.",
    example: "Internal server error",
    where: "every route",
  },
  timed_out: {
    status: 503,
    title: "Timed out",
    explanation:
      "The request did not finish in time. Its effect may or may not have happened. Retry after `Retry-After` seconds.",
    example: "The request did not finish within 25000 ms",
    where: "every route",
    headers: ["Retry-After"],
  },
  unavailable: {
    status: 503,
    title: "Unavailable",
    explanation:
      "The server cannot process the request now: it is overloaded, or a service that it depends on does not respond. Retry after `Retry-After` seconds, with the same `Idempotency-Key` if the route accepts one.",
    example: "The server is busy: try again in 5 s",
    where: "every route",
    headers: ["Retry-After"],
  },
  not_configured: {
    status: 503,
    title: "Not configured",
    explanation: "The deployment lacks a secret or a setting that the route needs. The operator must set it.",
    example: "STRIPE_WEBHOOK_SECRET is not set",
    where: "needs",
  },
} satisfies Record<string, ProblemEntry>;

/** The code of a refusal. */
export type FailureCode = keyof typeof CATALOGUE;

/** The entry of each code, in the order of the catalogue. */
export const PROBLEMS: Readonly<Record<FailureCode, ProblemEntry>> = CATALOGUE;

type ProblemEntry = {
  status: ProblemStatus;
  /** The meaning of the code in a few words. */
  title: string;
  /** The meaning of the code and its remedy, for `/problems/:code` and the document. Backquotes mark code. */
  explanation: string;
  /** An example of `detail`, for the document. */
  example: string;
  /** The routes that may answer with the code, by a property of their contracts. `openapi/problems.ts` has the rules. */
  where?: ProblemPlace;
  /** The headers of the reply, beside those of every reply, as `openapi/headers.ts` describes them. */
  headers?: readonly ProblemHeader[];
};

/** The statuses of client errors and server errors (RFC 9110, section 15.5 and 15.6, and RFC 6585). */
type ProblemStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 406
  | 408
  | 409
  | 410
  | 411
  | 412
  | 413
  | 414
  | 415
  | 416
  | 417
  | 421
  | 422
  | 423
  | 424
  | 426
  | 428
  | 429
  | 431
  | 451
  | 500
  | 501
  | 502
  | 503
  | 504
  | 507;

/** The properties of a contract that lead to a problem. */
export type ProblemPlace =
  | "every route"
  | "input"
  | "json"
  | "body"
  | "paged"
  | "params"
  | "credential"
  | "scope"
  | "guarded"
  | "needs"
  | "idempotent"
  | "external"
  | "limited";

/** The headers that a problem may have of its own. */
type ProblemHeader =
  "Accept-Encoding" | "Accept-Patch" | "Allow" | "Content-Range" | "Retry-After" | "WWW-Authenticate";
