import type { JsonSchema } from "../convex/http/kit/described.kit";
import { PROBLEMS } from "../convex/http/kit/problem.kit";
import type { FailureCode, FieldError } from "../convex/lib/failure.lib";
import { EXPLANATIONS } from "../convex/problems";
import type { Components } from "./components";

/** Returns the schema of any problem. */
export const anyProblem = (components: Components): JsonSchema =>
  components.use("schemas", "Problem", Problem);

/** Returns the schema of a reply with one of these problems. */
export function problemSchema(codes: readonly FailureCode[], components: Components): JsonSchema {
  const problem = anyProblem(components);
  const status = codes[0] === undefined ? {} : { const: PROBLEMS[codes[0]].status };
  // The types and `required` repeat those of `Problem`, because generators read each member of `allOf` separately.
  const variant = {
    type: "object",
    required: ["status", "code"],
    properties: {
      status: { type: "integer", ...status, description: "The status of this reply." },
      code: { type: "string", enum: codes, description: "The kind of problem, for programs." },
    },
  };
  return { allOf: [problem, variant] };
}

/** Returns an example of a problem, with its explanation. */
export function problemExample(code: FailureCode, components: Components): JsonSchema {
  const { status, title } = PROBLEMS[code];
  const detail = DETAILS[code];
  return components.use("examples", code, {
    summary: title,
    description: EXPLANATIONS[code],
    value: {
      type: `https://api.example.com/problems/${code}`,
      title,
      status,
      code,
      detail,
      error: detail,
      requestId: "0b0f5a2e-7c1d-4e8a-9a57-3f0c2b6d1e94",
      ...(code === "invalid_request" && { errors: [FIELD] }),
    },
  });
}

const FIELD: FieldError = { in: "body", path: "name", message: "must not be empty" };

const DETAILS: Record<FailureCode, string> = {
  invalid_json: "Invalid JSON body",
  invalid_request: `${FIELD.path}: ${FIELD.message}`,
  invalid_cursor: "cursor: was not issued by this list with these filters",
  webhook_unsigned: "Missing signature",
  webhook_rejected: "Webhook verification failed",
  unauthenticated: "Missing credential: send X-API-Key or Authorization: Bearer",
  invalid_credential: "Invalid API key",
  insufficient_scope: "This credential lacks the scope items:write",
  quota_exceeded: "An owner has at most 20 webhook endpoints",
  not_found: "No item k57f2q9v3s1x8w6t4r0pzc5m7h6a",
  method_not_allowed: "/api/items does not accept PUT",
  conflict: "email: ada@example.com belongs to another user",
  precondition_failed: "If-Match does not hold: the resource has changed since it was read",
  payload_too_large: "The body is larger than 1048576 bytes",
  unsupported_media_type: "Content-Type must be application/json",
  range_not_satisfiable: "Range: the file has 40123 bytes",
  idempotency_key_reused: "Idempotency-Key: was used for another request",
  rate_limited: "Too many requests: try again in 1 s",
  internal: "Internal server error",
  timed_out: "The request did not finish within 25000 ms",
  unavailable: "The server is busy: try again in 5 s",
  not_configured: "STRIPE_WEBHOOK_SECRET is not set",
};

/** The schema of a problem (RFC 9457), with the members that this API adds. */
const Problem: JsonSchema = {
  type: "object",
  description: "Why a request was refused (RFC 9457).",
  required: ["type", "title", "status", "code", "detail", "error", "requestId"],
  properties: {
    type: { type: "string", format: "uri", description: "The URL that explains the code." },
    title: {
      type: "string",
      description: "The meaning of the code. It is the same for every problem with this code.",
    },
    status: { type: "integer", description: "The status of the reply." },
    code: { type: "string", enum: Object.keys(PROBLEMS), description: "The kind of problem, for programs." },
    detail: { type: "string", description: "A message about the error in this request, for people." },
    error: { type: "string", description: "The same as `detail`." },
    requestId: { type: "string", description: "The `X-Request-Id` of the reply. The log contains it too." },
    errors: {
      type: "array",
      description: "The fields that fail validation: every one, or the first 100.",
      maxItems: 100,
      items: {
        type: "object",
        required: ["in", "path", "message"],
        properties: {
          in: {
            type: "string",
            enum: ["path", "query", "header", "body"],
            description: "The part of the request.",
          },
          path: {
            type: "string",
            description: "The path of the field, joined with dots; empty for the whole part.",
          },
          message: { type: "string", description: "The reason why the field is invalid." },
        },
      },
    },
  },
};
