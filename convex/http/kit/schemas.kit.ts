/** The part of validation that needs zod. A request loads it only if its input has a schema. */
import * as zod from "zod/mini";
import type { Endpoint } from "./api.kit";
import type { Fields, Schema, Spec } from "./contract.kit";
import type { ApiContext } from "./env.kit";
import * as fields from "./fields.kit";
import { fieldErrors, REQUIRED } from "./messages.kit";
import { MAX_CURSOR, MAX_LIMIT } from "./paging.kit";
import { fail, type FieldError } from "./product.kit";

/** The query parameters of every paged route, in addition to its filters. */
export const pageQuery = () => ({
  limit: zod.exactOptional(fields.wholeNumber(1, MAX_LIMIT)),
  cursor: zod.exactOptional(zod.string().check(zod.minLength(1), fields.atMost(MAX_CURSOR))),
});

/** The schemas of a route's input. */
export type InputSchemas = { params: Fields; query: Fields; json?: Schema; form?: Fields };

/** Makes the schemas of a route's input, without the query parameters of its pages. */
export function inputSchemas({
  params = {},
  query,
  body,
}: Pick<Spec, "params" | "query" | "body">): InputSchemas {
  return {
    params:
      typeof params === "function"
        ? params(fields)
        : Object.fromEntries(Object.keys(params).map((name) => [name, zod.string()])),
    query: query?.(fields) ?? {},
    ...(body?.type === "json" && { json: body.schema(fields) }),
    ...(body?.type === "form" && { form: body.fields(fields) }),
  };
}

/**
 * Validates path, query and body, and reports all invalid fields in one refusal.
 *
 * @param search The query parameters of the request, in order.
 */
export function validateInput(c: ApiContext, endpoint: Endpoint, search: readonly [string, string][]): void {
  const { path, paged } = endpoint;
  const { params, query, json, form } = inputSchemas(endpoint);
  const errors: FieldError[] = [];
  const check = (part: FieldError["in"], target: Target, schema: Schema, value: unknown) => {
    const named = target === "query" || target === "form";
    const checked = parse(schema, value);
    if (checked === null) {
      errors.push({ in: part, path: "", message: "has more invalid fields than one reply can name" });
    } else if (checked.success) c.req.addValidatedData(target, checked.data as object);
    else for (const error of fieldErrors(part, checked.error.issues, value, named)) errors.push(error);
  };
  check("path", "param", zod.object(params), c.req.param());
  const known = { ...query, ...(paged && pageQuery()) };
  // Routes under /api refuse unknown query parameters.
  const object = path.startsWith("/api/") ? zod.strictObject(known) : zod.object(known);
  check("query", "query", object, collected(search));
  if (json) check("body", "json", json, c.var.input);
  if (form) check("body", "form", zod.strictObject(form), collected(c.var.input as FormData));
  if (errors.length > 0) fail("invalid_request", summary(errors), { errors: errors.slice(0, MOST_ERRORS) });
}

type Target = "param" | "query" | "json" | "form";

/** Parses a value. Returns null if the issues are too many. */
function parse(schema: Schema, value: unknown) {
  try {
    return zod.safeParse(schema, value);
  } catch (error) {
    // zod spreads issues into call arguments, and a call throws a RangeError above some hundred thousand arguments.
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

/** Collects names and values into an object. A repeated name has a list of its values. */
function collected(entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const values = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}

/** The maximum number of fields in a refusal, so a body with many unknown fields does not get all of them echoed. */
const MOST_ERRORS = 100;

function summary(errors: readonly FieldError[]): string {
  const [first, ...others] = errors;
  if (!first) return "";
  if (others.length > 0) {
    const names = errors.slice(0, MOST_ERRORS).map(nameOf);
    return `${errors.length} fields are invalid: ${names.join(", ")}${errors.length > names.length ? ", …" : ""}`;
  }
  if (first.in === "body" && first.message === REQUIRED) return `Missing required field: ${first.path}`;
  return `${nameOf(first)}: ${first.message}`;
}

const nameOf = (error: FieldError) => error.path || error.in;
