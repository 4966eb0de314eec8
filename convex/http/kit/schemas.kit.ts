/** The part of validation that needs zod. A request loads it only if its input has a schema. */
import { zValidator } from "@hono/zod-validator";
import * as zod from "zod/mini";
import type { Endpoint } from "./api.kit";
import type { Fields, Paged, Schema, Spec } from "./contract.kit";
import type { ApiContext } from "./env.kit";
import "./everyRequest.kit";
import * as fields from "./fields.kit";
import { fieldErrors, REQUIRED } from "./messages.kit";
import { combinationErrors } from "./filters.kit";
import { MAX_LIMIT } from "./paging.kit";
import { fail, type FieldError } from "./product.kit";

/** The query parameters of every paged route, in addition to its filters. `pageCall` checks the cursor. */
export const pageQuery = () => ({
  limit: zod.exactOptional(fields.wholeNumber(1, MAX_LIMIT)),
  cursor: zod.exactOptional(zod.string()),
  order: zod.exactOptional(zod.enum(["asc", "desc"])),
  createdAfter: zod.exactOptional(fields.time()),
  createdBefore: zod.exactOptional(fields.time()),
});

/** The maximum length of a search text, in code points. */
const MAX_SEARCH = 200;

/** The filters of a list, and its search. */
function listQuery({ filters, search }: Paged): Fields {
  const own = filters?.(fields) ?? {};
  return {
    ...(search && { q: zod.exactOptional(fields.text(MAX_SEARCH)) }),
    ...Object.fromEntries(Object.entries(own).map(([name, schema]) => [name, zod.exactOptional(schema)])),
  };
}

/** The schemas of a route's input. */
export type InputSchemas = { params: Fields; query: Fields; json?: Schema; form?: Fields };

/** Makes the schemas of a route's input, without the query parameters that every paged route has. */
export function inputSchemas({
  params = {},
  query,
  body,
  paged,
}: Pick<Spec, "params" | "query" | "body" | "paged">): InputSchemas {
  return {
    params:
      typeof params === "function"
        ? params(fields)
        : Object.fromEntries(Object.keys(params).map((name) => [name, zod.string()])),
    query: { ...query?.(fields), ...(typeof paged === "object" && listQuery(paged)) },
    ...(body?.type === "json" && { json: body.schema(fields) }),
    ...(body?.type === "form" && { form: body.fields(fields) }),
    ...(body?.type === "multipart" && { form: body.fields?.(fields) ?? {} }),
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
  if (paged && errors.length === 0)
    errors.push(...combinationErrors(c.req.valid("query" as never), Object.keys(query), paged));
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
