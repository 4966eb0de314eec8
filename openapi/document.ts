/**
 * The OpenAPI 3.1 document, derived from the contracts that route and validate. It runs in Node alone: on Convex the
 * `documented` parts of the contracts are not there.
 */
import * as z from "zod/mini";
import type { AnyContract, ReplyHeader, Schema, Spec, Status } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { pageQuery } from "../convex/http/kit/paging.kit";
import { PROBLEMS } from "../convex/http/kit/problem.kit";
import { problemsOf } from "./problems";
import { schemaOf } from "./schemas";

export type Info = { title: string; version: string; description: string };

/** Builds the document: operations in the order of the contracts, everything else in a fixed order. */
export function openApiDocument(info: Info, contracts: readonly AnyContract[]): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const contract of contracts) {
    const path = contract.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [contract.method]: operation(contract, contract.spec()) };
  }
  const tags = new Set(contracts.map((contract) => contract.spec().docs().tag));
  return {
    openapi: "3.1.0",
    info: { ...info, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        bearer: { type: "http", scheme: "bearer" },
      },
    },
  };
}

function operation(contract: AnyContract, spec: Spec): JsonSchema {
  const { tag, summary, description, examples } = spec.docs();
  return {
    operationId: spec.operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: security(spec),
    parameters: [...pathParameters(spec), ...queryParameters(spec), ...headerParameters(contract, spec)],
    ...requestBody(spec, examples?.body),
    responses: { ...replies(contract, spec), ...problemReplies(contract, spec) },
  };
}

/** The body of a request, in the media types that the route reads. */
function requestBody(spec: Spec, example: unknown): JsonSchema {
  const { body, bodyOptional, form, upload, text } = spec;
  if (upload) return { requestBody: { required: true, content: { "*/*": { schema: {} } } } };
  if (text) return { requestBody: { required: true, content: { "application/json": { schema: {} } } } };
  if (body) {
    const content = { "application/json": { schema: schemaOf(body, "input"), example } };
    return { requestBody: { required: !bodyOptional, content } };
  }
  if (!form) return {};
  const schema = schemaOf(z.strictObject(form), "input");
  const content = {
    "multipart/form-data": { schema, example },
    "application/x-www-form-urlencoded": { schema, example },
  };
  return { requestBody: { required: true, content } };
}

/** The ways to present a credential; OpenAPI 3.1 lets every scheme name the scopes that are needed. */
function security({ scope, credential }: Spec): JsonSchema[] {
  if (scope === null) return [];
  const scopes = scope === "any" ? [] : [scope];
  return [
    ...(credential === "authorization" ? [] : [{ apiKey: scopes }]),
    ...(credential === "x-api-key" ? [] : [{ bearer: scopes }]),
  ];
}

function pathParameters({ params, docs }: Spec): JsonSchema[] {
  return Object.entries(params ?? {}).map(([name, schema]) => ({
    name,
    in: "path",
    required: true,
    schema: schemaOf(schema, "input"),
    example: docs().examples?.params?.[name],
  }));
}

function queryParameters({ query, paged }: Spec): JsonSchema[] {
  const fields: Record<string, Schema> = { ...query, ...(paged && pageQuery()) };
  return Object.entries(fields).map(([name, schema]) => ({
    name,
    in: "query",
    schema: schemaOf(schema, "input"),
  }));
}

function headerParameters({ method }: AnyContract, { conditional, idempotent }: Spec): JsonSchema[] {
  const text = { type: "string" };
  const guard = method === "get" ? "If-None-Match" : "If-Match";
  return [
    ...(conditional && method !== "post" ? [{ name: guard, in: "header", schema: text }] : []),
    ...(idempotent
      ? [{ name: "Idempotency-Key", in: "header", schema: { ...text, pattern: "^[!-~]{1,255}$" } }]
      : []),
  ];
}

function replies({ method }: AnyContract, spec: Spec): Record<string, JsonSchema> {
  const all = Object.entries(spec.replies()).map(([status, schema]) => {
    return [status, reply(spec, Number(status) as Status, schema)] as const;
  });
  if (spec.conditional && method === "get") all.push(["304", reply(spec, 304, null)]);
  return Object.fromEntries(all);
}

function reply(spec: Spec, status: Status, schema: Schema | null): JsonSchema {
  const example = spec.docs().examples?.replies?.[status];
  return {
    description: DESCRIPTIONS[status],
    headers: headers(spec, status),
    ...(schema && {
      content: {
        [spec.text ? "text/plain" : "application/json"]: { schema: schemaOf(schema, "output"), example },
      },
    }),
  };
}

const DESCRIPTIONS: Record<Status, string> = {
  200: "Done",
  201: "Created",
  202: "Accepted",
  204: "Done; no body",
  302: "Found elsewhere",
  304: "Unchanged",
  503: "Not available",
};

const HEADERS: Record<ReplyHeader, string> = {
  Location: "The path of what the request made",
  "Preference-Applied": "The preference that was followed (RFC 7240)",
};

function headers(spec: Spec, status: Status): JsonSchema {
  const { conditional, paged, idempotent, unlisted } = spec;
  const header = (description: string) => ({ description, schema: { type: "string" } });
  return {
    "X-Request-Id": header("The id of the request, in the log too"),
    ...(conditional && status !== 204 && { ETag: header("The revision of the resource, for If-Match") }),
    ...(((status === 201 && !unlisted) || status === 302) && {
      Location: header("The path of what was created or found"),
    }),
    ...Object.fromEntries((spec.headers?.()[status] ?? []).map((name) => [name, header(HEADERS[name])])),
    ...(idempotent && { "Idempotency-Replayed": header("true when an earlier request did the work") }),
    ...(paged && status === 200 && { Link: header('The next page: <path>; rel="next"') }),
  };
}

function problemReplies(contract: AnyContract, spec: Spec): Record<string, JsonSchema> {
  const byStatus: Record<string, JsonSchema> = {};
  for (const code of problemsOf(contract, spec)) {
    const { status, title } = PROBLEMS[code];
    const description = byStatus[status] ? `${String(byStatus[status]["description"])}; ${title}` : title;
    byStatus[status] = {
      description,
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return byStatus;
}

/** RFC 9457, with the members that this API adds. */
const Problem: JsonSchema = {
  type: "object",
  required: ["type", "title", "status", "code", "detail", "error", "requestId"],
  properties: {
    type: { type: "string", format: "uri", description: "Explains the code" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(PROBLEMS) },
    detail: { type: "string" },
    error: { type: "string", description: "The same as `detail`" },
    requestId: { type: "string" },
    errors: {
      type: "array",
      description: "Every failing field, of a request that does not validate",
      items: {
        type: "object",
        required: ["in", "path", "message"],
        properties: {
          in: { type: "string", enum: ["path", "query", "header", "body"] },
          path: { type: "string" },
          message: { type: "string" },
        },
      },
    },
  },
};
