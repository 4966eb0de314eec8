/** The part of validation that needs zod. A request loads it only if its input has a schema. */
import { zValidator } from "@hono/zod-validator";
import * as zod from "zod/mini";
import type { Endpoint } from "./api.kit";
import type { Fields, Schema, Spec } from "./contract.kit";
import type { ApiContext } from "./env.kit";
import "./everyRequest.kit";
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

/** Validates path, query and body, and reports all invalid fields in one refusal. */
export async function validateInput(c: ApiContext, endpoint: Endpoint): Promise<void> {
  const { path, paged } = endpoint;
  const { params, query, json, form } = inputSchemas(endpoint);
  const known = { ...query, ...(paged && pageQuery()) };
  const errors: FieldError[] = [
    ...(await check(c, "path", "param", zod.object(params))),
    // Routes under /api refuse unknown query parameters.
    ...(await check(
      c,
      "query",
      "query",
      path.startsWith("/api/") ? zod.strictObject(known) : zod.object(known),
    )),
    ...(json ? await check(c, "body", "json", json) : []),
    ...(form ? await check(c, "body", "form", zod.strictObject(form)) : []),
  ];
  if (errors.length > 0) fail("invalid_request", summary(errors), { errors: errors.slice(0, MAX_ERRORS) });
}

/** Validates one part of a request. Returns its errors, or adds its value to `c.req.valid()`. */
async function check(
  c: ApiContext,
  part: FieldError["in"],
  target: "param" | "query" | "json" | "form",
  schema: Schema,
): Promise<FieldError[]> {
  let errors: FieldError[] = [];
  const validator = zValidator(target, schema, (result) => {
    if (result.success) return undefined;
    const named = target === "query" || target === "form";
    errors = fieldErrors(part, result.error.issues, result.data, named);
    return REFUSED;
  });
  try {
    // The validator's types require Hono's default environment.
    await validator(c as unknown as Parameters<typeof validator>[0], NOTHING_FOLLOWS);
  } catch (error) {
    // zod spreads issues into call arguments, and a call throws a RangeError above some hundred thousand arguments.
    if (!(error instanceof RangeError)) throw error;
    errors = [{ in: part, path: "", message: "has more invalid fields than one reply can name" }];
  }
  return errors;
}

/** The hook must return a response to stop the validator. The response is never sent, because `validateInput` throws. */
const REFUSED = new Response(null, { status: 400 });
const NOTHING_FOLLOWS = () => Promise.resolve();

/** The maximum number of fields in a refusal, so a body with many unknown fields does not get all of them echoed. */
const MAX_ERRORS = 100;

function summary(errors: readonly FieldError[]): string {
  const [first, ...others] = errors;
  if (!first) return "";
  if (others.length > 0) {
    const names = errors.slice(0, MAX_ERRORS).map(nameOf);
    return `${errors.length} fields are invalid: ${names.join(", ")}${errors.length > names.length ? ", …" : ""}`;
  }
  if (first.in === "body" && first.message === REQUIRED) return `Missing required field: ${first.path}`;
  return `${nameOf(first)}: ${first.message}`;
}

const nameOf = (error: FieldError) => error.path || error.in;
