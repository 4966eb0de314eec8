import type { AnyContract, Schema, Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { DEFAULT_LIMIT, MAX_CURSOR } from "../convex/http/kit/paging.kit";
import { declaredReplies } from "../convex/http/kit/replies.kit";
import { inputSchemas, pageQuery } from "../convex/http/kit/schemas.kit";
import type { Components } from "./components";
import { guards } from "./problems";
import { inputSchema, isRequired } from "./schemas";
import { signedHeader } from "./webhooks";

/**
 * Returns the parameters of an operation: in its path, its query, and the headers that it reads. OpenAPI has no parameter for the rest of
 * a path, so `x-rest` marks it: its value may contain slashes.
 */
export function parametersOf(contract: AnyContract, spec: Spec, components: Components): JsonSchema[] {
  const { paged, docs } = spec;
  const { params, query } = inputSchemas(spec);
  const { examples, fields: descriptions } = docs();
  const rest = /\/\*(\w+)$/.exec(contract.path)?.[1];
  return [
    ...fields("path", params, examples?.params, descriptions).map((parameter) =>
      parameter["name"] === rest ? { ...parameter, "x-rest": true } : parameter,
    ),
    ...fields("query", query, examples?.query, descriptions),
    ...(paged ? pageParameters(components) : []),
    ...shared(headersRead(contract, spec), components),
    ...(spec.idempotent ? [idempotencyKey(spec.operationId)] : []),
    ...Object.entries(docs().headers ?? {}).map(([name, { description, required = false, example }]) => ({
      name,
      in: "header",
      description,
      ...(required && { required }),
      schema: text,
      ...exampleOf(example ?? signedHeader(name), required),
    })),
  ];
}

/**
 * Returns the example of a parameter. Because of `x-disabled`, the reference page does not send an optional parameter unless its
 * reader enables it.
 */
function exampleOf(value: unknown, required: boolean): JsonSchema {
  if (value === undefined) return {};
  return required ? { example: value } : { examples: { sample: { value, "x-disabled": true } } };
}

/** Returns the value that the text of a parameter stands for: a number or a boolean if its schema says so. */
function valueOf(example: string | undefined, { type }: JsonSchema): unknown {
  if (example === undefined) return undefined;
  if (type === "integer" || type === "number") return Number(example);
  return type === "boolean" ? example === "true" : example;
}

/** The parameters of every path. */
export const pathParameters = (components: Components) => shared(["X-Request-Id"], components);

const text = { type: "string" };

function fields(
  part: "path" | "query",
  schemas: Readonly<Record<string, Schema>>,
  examples: Record<string, string> = {},
  descriptions: Readonly<Record<string, string>> = {},
): JsonSchema[] {
  return Object.entries(schemas).map(([name, schema]) => {
    const required = part === "path" || isRequired(schema);
    const described = inputSchema(schema);
    return {
      name,
      in: part,
      ...(descriptions[name] !== undefined && { description: descriptions[name] }),
      ...(required && { required }),
      schema: described,
      ...exampleOf(valueOf(examples[name], described), required),
    };
  });
}

function headersRead({ method }: AnyContract, spec: Spec): SharedHeader[] {
  const { conditional } = spec;
  const made = declaredReplies(spec.docs().replies).flatMap(([, alternatives]) => alternatives);
  return [
    ...(made.some(({ kind }) => kind === "events") ? (["Last-Event-ID"] as const) : []),
    ...(conditional && method === "get" ? (["If-None-Match"] as const) : []),
    ...(guards(method, spec) ? (["If-Match"] as const) : []),
  ];
}

type SharedHeader = keyof typeof HEADERS;

const HEADERS = {
  "X-Request-Id": {
    description:
      "The client's own id for the request: up to 128 letters, digits, dots, dashes and underscores. The API replaces an id in " +
      "another format with a generated id.",
    schema: text,
    example: "checkout-42",
  },
  "Last-Event-ID": {
    description:
      "The `id` of the last event that the client has received. Browsers send it when they reconnect.",
    schema: text,
    example: "42",
  },
  "If-None-Match": {
    description:
      "The `ETag` that the client holds. The reply is 304 without a body while the resource has this tag.",
    schema: text,
    example: '"3"',
  },
  "If-Match": {
    description:
      "The `ETag` that the client has read. The reply is 412 if the resource now has a different tag.",
    schema: text,
    example: '"3"',
  },
} satisfies Record<string, JsonSchema>;

/**
 * The parameter `Idempotency-Key`, with a different example for each operation. Collections use the examples: if two operations
 * had the same example, the second request of a collection would be refused (422).
 */
const idempotencyKey = (operationId: string): JsonSchema => ({
  name: "Idempotency-Key",
  in: "header",
  description: "Makes retries safe: for 24 hours, the API does the work for a key only once.",
  schema: { ...text, minLength: 1, maxLength: 255, pattern: "^[!-~]{1,255}$" },
  ...exampleOf(`${operationId}-8f14e45f`, false),
});

/** `cursor` has no example, because a collection would send it, and the API refuses a cursor that it did not issue. */
const PAGE: Record<
  keyof ReturnType<typeof pageQuery>,
  { description: string; example?: number | string; schema?: JsonSchema }
> = {
  limit: {
    description: "The maximum number of elements in the page.",
    schema: { default: DEFAULT_LIMIT },
    example: 25,
  },
  cursor: {
    description: "The start of the page. Take it from the `Link` of the previous page.",
    schema: { minLength: 1, maxLength: MAX_CURSOR },
  },
  order: {
    description: "`desc` returns the newest elements first, `asc` the oldest.",
    schema: { default: "desc" },
    example: "asc",
  },
  createdAfter: {
    description: "Only elements that were created at this time or later.",
    example: "2026-01-01T00:00:00Z",
  },
  createdBefore: {
    description: "Only elements that were created before this time.",
    example: "2026-02-01T00:00:00Z",
  },
};

function shared(names: readonly SharedHeader[], components: Components): JsonSchema[] {
  return names.map((name) => {
    const { example, ...described } = HEADERS[name];
    return components.use("parameters", name, {
      name,
      in: "header",
      ...described,
      ...exampleOf(example, false),
    });
  });
}

function pageParameters(components: Components): JsonSchema[] {
  const schemas: Record<string, Schema> = pageQuery();
  return Object.entries(PAGE).map(([name, { description, example, schema: more }]) => {
    const schema = { ...(schemas[name] ? inputSchema(schemas[name]) : {}), ...more };
    return components.use("parameters", name, {
      name,
      in: "query",
      description,
      schema,
      ...exampleOf(example, false),
    });
  });
}
