import type { OperationMatch } from "./operations";
import type { Described, Operation, Parameter, SecurityScheme } from "./described";
import { mediaTypeOf, type Sent } from "./exchange";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { validationErrors, textErrors } from "./schemas";

/**
 * Returns the violations of the document in a request. An accepted request must have none: a document that is stricter than the
 * API would make clients reject valid requests.
 */
export async function requestViolations(
  { securitySchemes }: Described,
  { operation, params }: OperationMatch,
  sent: Sent,
): Promise<string[]> {
  return [
    ...credentialViolations(operation, securitySchemes, sent.headers),
    ...operation.parameters.flatMap((parameter) => parameterViolations(parameter, params, sent)),
    ...(await bodyViolations(operation, sent)),
  ];
}

function credentialViolations(
  { security }: Operation,
  schemes: Record<string, SecurityScheme>,
  headers: Headers,
): string[] {
  const isPresent = (name: string) => {
    const { type, name: header = "", scheme = "" } = schemes[name] ?? { type: "" };
    if (type === "apiKey") return headers.has(header);
    return new RegExp(`^${scheme} `, "i").test(headers.get("authorization") ?? "");
  };
  const isPermitted = security.length === 0 || security.some((all) => Object.keys(all).every(isPresent));
  return isPermitted ? [] : ["no credential that the document requires"];
}

function parameterViolations(
  { name, in: location, required, schema }: Parameter,
  params: Record<string, string>,
  { query, headers }: Sent,
): string[] {
  const what = `${location} parameter ${name}`;
  const header = location === "header" ? headers.get(name) : null;
  const values = { path: [params[name]], query: query.getAll(name), header: [header], cookie: [] }[location];
  const present = values.filter((value) => typeof value === "string");
  if (present.length === 0) return required ? [`${what} is missing`] : [];
  if (present.length > 1) return [`${what} is given ${present.length} times`];
  return present.flatMap((value) => textErrors(schema, value, `${what} (${value})`));
}

async function bodyViolations({ requestBody }: Operation, { headers, body }: Sent): Promise<string[]> {
  if (!requestBody) return [];
  if (body.byteLength === 0) return requestBody.required ? ["the request has no body"] : [];
  const type = mediaTypeOf(headers) ?? "no type";
  const media = requestBody.content[type];
  // An operation that accepts any media type documents no schema for the body.
  if (requestBody.content["*/*"] && !media) return [];
  if (!media) return [`the request is of ${type}, which is not documented`];
  if (!media.schema) return [];
  const value = await valueOf(body, type, headers.get("content-type") ?? "", media.schema);
  return validationErrors(media.schema, value, "request body");
}

/** Returns the value of a body, for validation against its schema. @throws Error if the body is not valid for its media type. */
async function valueOf(
  bytes: ArrayBuffer,
  type: string,
  header: string,
  schema: JsonSchema,
): Promise<unknown> {
  // The API accepts JSON with a byte order mark, as browsers do.
  const text = new TextDecoder().decode(bytes);
  if (type.endsWith("json")) return JSON.parse(text);
  if (type !== "multipart/form-data" && type !== "application/x-www-form-urlencoded") return text;
  const form = await new Response(bytes, { headers: { "Content-Type": header } }).formData();
  const names = [...new Set(form.keys())];
  const { properties = {} } = schema as { properties?: Record<string, JsonSchema> };
  return Object.fromEntries(
    names.map((name) => [name, fieldValue(form.getAll(name), properties[name]?.["type"] === "array")]),
  );
}

/** Returns the text of a form field, or the name of a file. A field that is repeated, or may be, is an array. */
function fieldValue(values: readonly FormDataEntryValue[], isList: boolean): unknown {
  const all = values.map((value) => (typeof value === "string" ? value : value.name));
  return all.length === 1 && !isList ? all[0] : all;
}
