/** The OpenAPI document in the form that the contract tests use: with every `$ref` resolved and all operations in one list. */
import type { JsonSchema } from "../../convex/http/kit/described.kit";

type Media = {
  schema?: JsonSchema;
  /** The schema of each line or event of a stream. */
  "x-itemSchema"?: JsonSchema;
};
export type DescribedHeader = { required?: boolean; schema: JsonSchema };
export type DescribedReply = {
  headers?: Record<string, DescribedHeader>;
  content?: Record<string, Media>;
};
export type Parameter = {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  schema: JsonSchema;
  example?: string | number | boolean;
  /** The parameter is the rest of the path, and may contain slashes. */
  "x-rest"?: true;
};
export type Operation = {
  operationId: string;
  /** In upper case. */
  method: string;
  /** The path template, such as `/api/items/{itemId}`. */
  path: string;
  parameters: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, DescribedReply>;
  /** Alternatives. A request must satisfy all schemes of one of them. `{}` permits requests without a credential. */
  security: Record<string, string[]>[];
};
export type SecurityScheme = { type: string; in?: string; name?: string; scheme?: string };

export type Described = {
  operations: Operation[];
  /** The schemes by the names that `security` uses. */
  securitySchemes: Record<string, SecurityScheme>;
  /** The schema of every problem. */
  problem: JsonSchema;
  /** All documented response headers, by name in lower case. A reply outside all operations may have any of them. */
  headers: Map<string, DescribedHeader>;
};

/** Returns the names of an operation's query parameters. */
export const queryNames = ({ parameters }: Operation): string[] =>
  parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);

/** An operation as it is written in the document. */
type DocumentOperation = Omit<Operation, "method" | "path" | "parameters" | "security"> &
  Partial<Pick<Operation, "parameters" | "security">>;

const METHODS = ["get", "post", "put", "patch", "delete"];

/**
 * Reads a document.
 *
 * @throws Error if the target of a `$ref` does not exist.
 */
export function describedBy(document: JsonSchema): Described {
  // The cast is safe, because other tests validate the project's document against the schema of OpenAPI.
  const { paths, components } = dereference(document) as {
    paths: Record<string, Record<string, DocumentOperation | undefined> & { parameters?: Parameter[] }>;
    components: { schemas: { Problem: JsonSchema }; securitySchemes: Record<string, SecurityScheme> };
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = item[method];
      if (!found) return [];
      const { security = [], parameters: own = [] } = found;
      const parameters = [...(item.parameters ?? []), ...own];
      return [{ ...found, security, method: method.toUpperCase(), path, parameters }];
    }),
  );
  const headers = new Map<string, DescribedHeader>();
  for (const { responses } of operations)
    for (const reply of Object.values(responses))
      for (const [name, header] of Object.entries(reply.headers ?? {}))
        headers.set(name.toLowerCase(), { ...header, required: false });
  const { schemas, securitySchemes } = components;
  return { operations, securitySchemes, problem: schemas.Problem, headers };
}

/** Replaces each `$ref` with its target. All references to one target share one object. */
function dereference(document: JsonSchema): unknown {
  const resolved = new Map<string, unknown>();
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== "object" || node === null) return node;
    if (!("$ref" in node) || typeof node.$ref !== "string") {
      return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolve(value)]));
    }
    if (!resolved.has(node.$ref)) resolved.set(node.$ref, resolve(pointedAt(document, node.$ref)));
    return resolved.get(node.$ref);
  };
  return resolve(document);
}

/** Resolves a reference within the document (RFC 6901). */
function pointedAt(document: unknown, reference: string): unknown {
  const names = reference.replace(/^#\//, "").split("/");
  let found = document;
  for (const name of names) {
    const key = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
    found = typeof found === "object" && found !== null ? (found as JsonSchema)[key] : undefined;
    if (found === undefined) throw new Error(`${reference} does not exist`);
  }
  return found;
}
