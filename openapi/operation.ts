import * as z from "zod/mini";
import type { AnyContract, Schema, Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { inputSchemas } from "../convex/http/kit/schemas.kit";
import type { Components } from "./components";
import { BINARY } from "./binary";
import { multipartContent } from "./multipart";
import { deprecation } from "./deprecation";
import { parametersOf } from "./parameters";
import { repliesOf } from "./replies";
import { routeOptions } from "./routeOptions";
import { describeFields, inputSchema } from "./schemas";
import { webhookBody } from "./webhooks";

/** Describes an operation: its parameters and body, its credentials, and all its replies. */
export function operation(contract: AnyContract, spec: Spec, components: Components): JsonSchema {
  const { tag, summary, description } = spec.docs();
  const deprecated = deprecation(spec);
  const options = routeOptions(spec);
  return {
    operationId: spec.operationId,
    tags: [tag],
    summary,
    description: [
      ...(deprecated ? [deprecated.notice] : []),
      description,
      ...combinations(spec),
      admission(spec),
      ...options.sentences,
    ].join("\n\n"),
    ...deprecated?.members,
    ...options.members,
    security: security(spec, components),
    parameters: parametersOf(contract, spec, components),
    ...requestBody(contract, spec, components),
    responses: repliesOf(contract, spec, components),
  };
}

/** Returns the sentences that state which parameters of a list combine. */
function combinations({ paged }: Spec): string[] {
  if (typeof paged !== "object") return [];
  const { search, together } = paged;
  const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(" and ");
  return [
    ...(together ? [`Filters combine as ${together.map(quoted).join(", or ")}.`] : []),
    ...(search ? ["`q` combines only with `limit` and `cursor`."] : []),
  ];
}

/** Returns the sentence that states who may call the operation. */
function admission({ scope, credential, anonymous, body }: Spec): string {
  if (body?.type === "signedText") return "Who may call: the source, which signs with its secret.";
  if (scope === null) return "Who may call: everyone.";
  const header = credential && { "x-api-key": "`X-API-Key`", authorization: "`Authorization`" }[credential];
  const carries = scope === "any" ? "any credential" : `a credential with the scope \`${scope}\``;
  const who = header ? `${carries}, in ${header}` : carries;
  return `Who may call: ${anonymous ? `everyone; private resources need ${who}` : who}.`;
}

/** Returns the credentials that an operation accepts. OpenAPI 3.1 allows scopes for every kind of scheme. */
function security({ scope, credential, anonymous }: Spec, components: Components): JsonSchema[] {
  if (scope === null) return [];
  const scopes = scope === "any" ? [] : [scope];
  const names = (["apiKey", "bearer"] as const).filter((name) => !credential || credential === HEADER[name]);
  for (const name of names) components.use("securitySchemes", name, SCHEMES[name]);
  return [...(anonymous ? [{}] : []), ...names.map((name) => ({ [name]: scopes }))];
}

const HEADER = { apiKey: "x-api-key", bearer: "authorization" } as const;

const SCHEMES = {
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "An API key: `X-API-Key: cha_…`." },
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "API key or JWT",
    description: "An API key, or a token of an issuer that the deployment trusts: `Authorization: Bearer …`.",
  },
};

/**
 * A file, as raw bytes or in a form. Generated clients send the first type by default. If the first type were a wildcard, they would
 * send the wildcard as `Content-Type`, and the file as JSON.
 */
const UPLOAD = {
  "application/octet-stream": { schema: BINARY, example: "The bytes of the file" },
  "multipart/form-data": {
    schema: {
      type: "object",
      required: ["file"],
      properties: {
        file: {
          ...BINARY,
          description: "The file, with its name and type. The field may have another name.",
        },
      },
    },
    example: { file: "The bytes of the file" },
  },
  "*/*": { schema: BINARY, example: "The bytes of the file" },
};

/** Describes the request body in each media type that the route accepts. */
function requestBody(contract: AnyContract, spec: Spec, components: Components): JsonSchema {
  const { body } = spec;
  const { examples, fields = {} } = spec.docs();
  const example = examples?.body;
  const { json, form } = inputSchemas(spec);
  const schemaOf = (schema: Schema) => {
    const found = inputSchema(schema);
    describeFields(found, fields);
    return found;
  };
  const of = (content: JsonSchema, required = true) => ({ requestBody: { required, content } });
  switch (body?.type) {
    case "signedText":
      return { requestBody: webhookBody(contract, example, components) };
    case "file":
      return of(UPLOAD);
    case "multipart":
      return of({
        "multipart/form-data": multipartContent(schemaOf(z.strictObject(form ?? {})), body.files, spec),
      });
    case "anyJson":
      return of({ "application/json": { schema: {}, example } });
    case "json":
      return json ? of({ "application/json": { schema: schemaOf(json), example } }, !body.optional) : {};
    case "form": {
      const schema = schemaOf(z.strictObject(form ?? {}));
      return of({
        "multipart/form-data": { schema, example },
        "application/x-www-form-urlencoded": { schema, example },
      });
    }
    case undefined:
      return {};
  }
}
