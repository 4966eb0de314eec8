/** Which problems an operation can answer, told from what the document says of it beside them. */
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { PROBLEMS } from "../convex/http/kit/problem.kit";
import type { FailureCode } from "../convex/lib/failure.lib";
import { describedBy, type Operation } from "./contract/described";
import { misfits } from "./contract/schemas";
import { productDocument } from "./product";

type Example = { value: { status: number; code: FailureCode; type: string } };
type Problems = { schema: JsonSchema; examples: Record<string, Example> };

const document = productDocument();
const { operations } = describedBy(document);

/** The problems of an operation, by status. */
const problemsOf = ({ responses }: Operation) =>
  Object.entries(responses).flatMap(([status, { content }]) => {
    // The type of media has what tests of traffic need; there are examples too.
    const media = content?.["application/problem+json"] as Problems | undefined;
    return media ? [{ status: Number(status), ...media }] : [];
  });
const codesOf = (operation: Operation) =>
  problemsOf(operation).flatMap(({ examples }) => Object.keys(examples)) as FailureCode[];

const takes = (operation: Operation, name: string) => operation.parameters.some((one) => one.name === name);
const types = ({ requestBody }: Operation) => Object.keys(requestBody?.content ?? {});
const isWebhook = ({ path }: Operation) => path.startsWith("/webhooks/");
const scopes = ({ security }: Operation) => security.flatMap((schemes) => Object.values(schemes).flat());
const needsCredential = ({ security }: Operation) => security.length > 0;
const readsJson = (one: Operation) => types(one).includes("application/json");
const among =
  (...ids: string[]) =>
  ({ operationId }: Operation) =>
    ids.includes(operationId);

/** Of each problem, which operations can answer it, and no others. */
const ANSWERED_BY: Record<FailureCode, (operation: Operation) => boolean> = {
  // Two credentials that differ make any request a bad one.
  invalid_request: (one) => one.path.startsWith("/api/") || needsCredential(one) || isWebhook(one),
  invalid_cursor: (one) => takes(one, "cursor"),
  invalid_json: readsJson,
  webhook_unsigned: isWebhook,
  webhook_rejected: isWebhook,
  unauthenticated: needsCredential,
  invalid_credential: needsCredential,
  insufficient_scope: (one) => scopes(one).length > 0,
  not_found: (one) => one.path.includes("{") || one.operationId === "registerFile",
  // To the other methods of the path.
  method_not_allowed: () => true,
  conflict: among("createUser", "updateUser", "registerFile", "rotateKey", "replayWebhookEvent"),
  precondition_failed: (one) => takes(one, "If-Match"),
  payload_too_large: () => true,
  range_not_satisfiable: among("downloadFile"),
  unsupported_media_type: (one) => types(one).length > 0 && !isWebhook(one),
  idempotency_key_reused: (one) => takes(one, "Idempotency-Key"),
  rate_limited: (one) => !isWebhook(one) && !one.path.startsWith("/health"),
  internal: () => true,
  timed_out: () => true,
  unavailable: () => true,
  not_configured: isWebhook,
};

test.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s names every problem that it can answer, and no other",
  (_, operation) => {
    const due = Object.entries(ANSWERED_BY).filter(([, applies]) => applies(operation));
    expect(codesOf(operation).sort()).toEqual(due.map(([code]) => code).sort());
  },
);

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s",
  (_, operation) => {
    test.each(problemsOf(operation).map((problem) => [problem.status, problem] as const))(
      "has an example of each problem with status %i, and takes no other for one",
      (status, { schema, examples }) => {
        for (const [code, { value }] of Object.entries(examples)) {
          expect(value).toMatchObject({
            status,
            code,
            type: expect.stringMatching(`/problems/${code}$`) as string,
          });
          expect(misfits(schema, value, code)).toEqual([]);
          expect(misfits(schema, { ...value, code: "none" }, code)).not.toEqual([]);
          expect(misfits(schema, { ...value, status: 418 }, code)).not.toEqual([]);
        }
      },
    );
  },
);

test("a problem's headers tell what to do about it", () => {
  for (const { responses } of operations) {
    for (const [status, name] of Object.entries({
      401: "WWW-Authenticate",
      405: "Allow",
      403: "WWW-Authenticate",
      429: "Retry-After",
    }))
      if (status in responses) expect(Object.keys(responses[status]?.headers ?? {})).toContain(name);
    expect(Object.keys(responses["503"]?.headers ?? {})).toContain("Retry-After");
  }
});

test("every problem of the catalogue can be the answer of some operation", () => {
  expect(new Set(operations.flatMap(codesOf))).toEqual(new Set(Object.keys(PROBLEMS)));
});
