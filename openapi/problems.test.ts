/** Checks the problems of each operation against the rest of its description. */
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { api } from "../convex/http/api.app";
import type { Spec } from "../convex/http/kit/contract.kit";
import { PROBLEMS, type FailureCode } from "../convex/lib/problems.lib";
import { describedBy, type Operation } from "./contract/described";
import { validationErrors } from "./contract/schemas";
import { productDocument } from "./product";

type Example = { value: { status: number; code: FailureCode; type: string } };
type Problems = { schema: JsonSchema; examples: Record<string, Example> };

const document = await productDocument();
const { operations } = describedBy(document);

/** Returns the problems of an operation, by status. */
const problemsOf = ({ responses }: Operation) =>
  Object.entries(responses).flatMap(([status, { content }]) => {
    // The declared type of the media omits the examples, because the contract tests do not need them.
    const media = content?.["application/problem+json"] as Problems | undefined;
    return media ? [{ status: Number(status), ...media }] : [];
  });
const codesOf = (operation: Operation) =>
  problemsOf(operation).flatMap(({ examples }) => Object.keys(examples)) as FailureCode[];

const hasParameter = (operation: Operation, name: string) =>
  operation.parameters.some((parameter) => parameter.name === name);
const types = ({ requestBody }: Operation) => Object.keys(requestBody?.content ?? {});
const isWebhook = ({ path }: Operation) => path.startsWith("/webhooks/");
const scopes = ({ security }: Operation) => security.flatMap((schemes) => Object.values(schemes).flat());
const needsCredential = ({ security }: Operation) => security.length > 0;
const readsJson = (operation: Operation) => types(operation).includes("application/json");

const specs = (await api.contracts()).map(({ spec }) => spec());
function specOf({ operationId }: Operation): Spec {
  const found = specs.find((spec) => spec.operationId === operationId);
  if (!found) throw new Error(`No contract has the operation id ${operationId}`);
  return found;
}
const isExternal = (operation: Operation) => specOf(operation).idempotent === "external";

/** For each problem of the kit, whether an operation can return it. Any problem also occurs where a contract names it. */
const RETURNED_BY: { [Code in FailureCode]?: (operation: Operation) => boolean } = {
  // A request with two different credentials is invalid.
  invalid_request: (operation) =>
    operation.path.startsWith("/api/") || needsCredential(operation) || isWebhook(operation),
  invalid_cursor: (operation) => hasParameter(operation, "cursor"),
  invalid_json: readsJson,
  unauthenticated: needsCredential,
  invalid_credential: needsCredential,
  insufficient_scope: (operation) => scopes(operation).length > 0,
  not_found: (operation) => operation.path.includes("{"),
  // Returned for the undocumented methods of the path.
  method_not_allowed: () => true,
  conflict: isExternal,
  outcome_unknown: isExternal,
  precondition_failed: (operation) => hasParameter(operation, "If-Match"),
  payload_too_large: () => true,
  unsupported_media_type: (operation) => types(operation).length > 0 && !isWebhook(operation),
  idempotency_key_reused: (operation) => hasParameter(operation, "Idempotency-Key"),
  rate_limited: (operation) => specOf(operation).scope !== null || !specOf(operation).unlimited,
  internal: () => true,
  timed_out: () => true,
  unavailable: () => true,
  not_configured: (operation) => specOf(operation).needs !== undefined,
};

test.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s documents exactly the problems that it can return",
  (_, operation) => {
    const named = specOf(operation).docs().problems ?? [];
    // `Object.keys` returns strings, but the keys of the catalogue are exactly the codes.
    const expected = (Object.keys(PROBLEMS) as FailureCode[]).filter(
      (code) => RETURNED_BY[code]?.(operation) === true || named.includes(code),
    );
    expect(codesOf(operation).sort()).toEqual(expected.sort());
  },
);

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  "%s",
  (_, operation) => {
    test.each(problemsOf(operation).map((problem) => [problem.status, problem] as const))(
      "has a valid example of each problem with status %i, and its schema refuses other problems",
      (status, { schema, examples }) => {
        for (const [code, { value }] of Object.entries(examples)) {
          expect(value).toMatchObject({
            status,
            code,
            type: expect.stringMatching(`/problems/${code}$`) as string,
          });
          expect(validationErrors(schema, value, code)).toEqual([]);
          expect(validationErrors(schema, { ...value, code: "none" }, code)).not.toEqual([]);
          expect(validationErrors(schema, { ...value, status: 418 }, code)).not.toEqual([]);
        }
      },
    );
  },
);

test("problems have the headers that a client needs to react", () => {
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

test("some operation can return each problem of the catalogue", () => {
  const returned = new Set<string>(operations.flatMap(codesOf));
  // The kit has options that no contract of this API uses.
  const ofOptions = operations.some(isExternal) ? [] : ["outcome_unknown"];
  const unused = Object.keys(PROBLEMS).filter((code) => !returned.has(code));
  expect(unused).toEqual(ofOptions);
});
