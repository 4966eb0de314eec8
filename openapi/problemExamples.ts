import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { FieldError } from "../convex/lib/failure.lib";
import { PROBLEMS, type FailureCode } from "../convex/lib/problems.lib";
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
    properties: { status: { type: "integer", ...status }, code: { type: "string", enum: codes } },
  };
  return { allOf: [problem, variant] };
}

/** Returns an example of a problem, with its explanation. */
export function problemExample(code: FailureCode, components: Components): JsonSchema {
  const { status, title, explanation, example: detail } = PROBLEMS[code];
  return components.use("examples", code, {
    summary: title,
    description: explanation,
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
