import { zValidator } from "@hono/zod-validator";
import * as z from "zod/mini";
import { revisionsFor } from "./conditional.kit";
import type { Endpoint } from "./api.kit";
import type { ApiContext } from "./env.kit";
import { pageCall, pageQuery } from "./paging.kit";
import { fieldErrors, REQUIRED } from "./messages.kit";
import { fail, type FieldError } from "./product.kit";

/** Checks one part of a request and adds its errors to `c.var.wrong`. */
export type Validator = (c: ApiContext) => Promise<void>;

/**
 * Validates path, query and body against the contract, and reports all invalid fields in one refusal. The validated values
 * are in `c.req.valid("param" | "query" | "json")`, `c.var.page` and `c.var.ifMatch`.
 */
export async function validate(c: ApiContext, endpoint: Endpoint): Promise<void> {
  endpoint.validators ??= validatorsOf(endpoint);
  const errors: FieldError[] = [];
  c.set("wrong", errors);
  for (const check of endpoint.validators) await check(c);
  if (errors.length > 0) fail("invalid_request", summary(errors), { errors: errors.slice(0, MOST_ERRORS) });

  if (endpoint.paged) {
    const query = c.req.valid("query" as never) as { limit?: string; cursor?: string };
    c.set("page", pageCall(endpoint.operationId, query, c.req.url));
  }
  if (endpoint.conditional && endpoint.method !== "get") c.set("ifMatch", revisionsFor(c));
}

function validatorsOf({ path, params, query, paged, body, unparsed, form }: Endpoint): Validator[] {
  const validators: Validator[] = [];
  if (params) validators.push(validator("path", "param", z.object(params)));
  const fields = { ...query, ...(paged && pageQuery()) };
  // Routes under /api refuse unknown query parameters.
  if (path.startsWith("/api/")) validators.push(validator("query", "query", z.strictObject(fields)));
  else if (query) validators.push(validator("query", "query", z.object(fields)));
  if (body && !unparsed) validators.push(validator("body", "json", body));
  if (form) validators.push(validator("body", "form", z.strictObject(form)));
  return validators;
}

function validator(
  part: FieldError["in"],
  target: "param" | "query" | "json" | "form",
  schema: z.ZodMiniType,
): Validator {
  const check = zValidator(target, schema, (result, c) => {
    if (result.success) return undefined;
    const { wrong } = (c as unknown as ApiContext).var;
    const named = target === "query" || target === "form";
    for (const error of fieldErrors(part, result.error.issues, result.data, named)) wrong.push(error);
    return REFUSED;
  });
  return async (c) => {
    // The validator's types require Hono's default environment.
    try {
      await check(c as unknown as Parameters<typeof check>[0], NOTHING_FOLLOWS);
    } catch (error) {
      // zod spreads issues into call arguments, and a call throws a RangeError above some hundred thousand arguments.
      if (!(error instanceof RangeError)) throw error;
      c.var.wrong.push({ in: part, path: "", message: "has more invalid fields than one reply can name" });
    }
  };
}

/** The hook must return a response to stop the validator. The response is never sent, because `validate` throws. */
const REFUSED = new Response(null, { status: 400 });
const NOTHING_FOLLOWS = () => Promise.resolve();

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
