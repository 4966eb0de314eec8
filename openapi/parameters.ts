import type { AnyContract, Schema, Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { pageQuery } from "../convex/http/kit/paging.kit";
import type { Components } from "./components";
import { guards } from "./problems";
import { inputSchema } from "./schemas";
import { signedHeader } from "./webhooks";

/** The parameters of an operation: its path's, its query's, and the headers that it reads. */
export function parametersOf(contract: AnyContract, spec: Spec, components: Components): JsonSchema[] {
  const { params, query, paged, docs } = spec;
  const { examples } = docs();
  return [
    ...fields("path", params, examples?.params),
    ...fields("query", query, examples?.query),
    ...(paged ? pageParameters(components) : []),
    ...shared(headersRead(contract, spec), components),
    ...Object.entries(docs().headers ?? {}).map(([name, { description, required = false, example }]) => ({
      name,
      in: "header",
      description,
      ...(required && { required }),
      schema: text,
      ...shown(example ?? signedHeader(name), required),
    })),
  ];
}

/**
 * The example of a parameter. One that may be left out is there to be read: by `x-disabled` the reference page does not send
 * it unless it is told to.
 */
function shown(value: unknown, required: boolean): JsonSchema {
  if (value === undefined) return {};
  return required ? { example: value } : { examples: { sample: { value, "x-disabled": true } } };
}

/** What every path takes. */
export const pathParameters = (components: Components) => shared(["X-Request-Id"], components);

const text = { type: "string" };

function fields(
  part: "path" | "query",
  schemas: Record<string, Schema> = {},
  examples: Record<string, string> = {},
): JsonSchema[] {
  return Object.entries(schemas).map(([name, schema]) => ({
    name,
    in: part,
    ...(part === "path" && { required: true }),
    schema: inputSchema(schema),
    ...shown(examples[name], part === "path"),
  }));
}

function headersRead({ method }: AnyContract, spec: Spec): SharedHeader[] {
  const { conditional, idempotent } = spec;
  return [
    ...(conditional && method === "get" ? (["If-None-Match"] as const) : []),
    ...(guards(method, spec) ? (["If-Match"] as const) : []),
    ...(idempotent ? (["Idempotency-Key"] as const) : []),
  ];
}

type SharedHeader = keyof typeof HEADERS;

const HEADERS = {
  "X-Request-Id": {
    description:
      "An id of the client's choice for the request: up to 128 letters, digits, dots, dashes and underscores. One of another " +
      "form is replaced by a fresh id.",
    schema: text,
    example: "checkout-42",
  },
  "If-None-Match": {
    description: "The `ETag` that the client holds: 304 without a body while the resource has no other.",
    schema: text,
    example: '"3"',
  },
  "If-Match": {
    description: "The `ETag` that the client has seen: 412 when the resource has another by now.",
    schema: text,
    example: '"3"',
  },
  "Idempotency-Key": {
    description: "Makes it safe to send the request again: for 24 hours, the same key does the work once.",
    schema: { ...text, pattern: "^[!-~]{1,255}$" },
    example: "8f14e45f-ceea-467f-a9d2-5b7e0c1a3f60",
  },
} satisfies Record<string, JsonSchema>;

const PAGE: Record<keyof ReturnType<typeof pageQuery>, { description: string; example: string | number }> = {
  limit: { description: "How many elements the page holds at most; 10 unless given.", example: 25 },
  cursor: {
    description: "Where the page starts. Take it from the `Link` of the page before.",
    example: "WzE3Njk4NjA4MDAwMDAsIms1N2YiXQ1c9e04ab",
  },
};

function shared(names: readonly SharedHeader[], components: Components): JsonSchema[] {
  return names.map((name) => {
    const { example, ...words } = HEADERS[name];
    return components.use("parameters", name, { name, in: "header", ...words, ...shown(example, false) });
  });
}

function pageParameters(components: Components): JsonSchema[] {
  const schemas: Record<string, Schema> = pageQuery();
  return Object.entries(PAGE).map(([name, words]) => {
    const { description, example } = words;
    const schema = schemas[name] ? inputSchema(schemas[name]) : {};
    return components.use("parameters", name, {
      name,
      in: "query",
      description,
      schema,
      ...shown(example, false),
    });
  });
}
