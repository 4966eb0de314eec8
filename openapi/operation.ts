import * as z from "zod/mini";
import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { Components } from "./components";
import { deprecation } from "./deprecation";
import { parametersOf } from "./parameters";
import { repliesOf } from "./replies";
import { inputSchema } from "./schemas";
import { webhookBody } from "./webhooks";

/** An operation, whole: what it takes, who may call it, everything that it answers. */
export function operation(contract: AnyContract, spec: Spec, components: Components): JsonSchema {
  const { tag, summary, description } = spec.docs();
  const ending = deprecation(spec);
  return {
    operationId: spec.operationId,
    tags: [tag],
    summary,
    description: [...(ending ? [ending.notice] : []), description, admission(spec)].join("\n\n"),
    ...ending?.members,
    security: security(spec, components),
    parameters: parametersOf(contract, spec, components),
    ...requestBody(contract, spec, components),
    responses: repliesOf(contract, spec, components),
  };
}

/** Who may call, in words. */
function admission({ scope, credential, anonymous, text }: Spec): string {
  if (text) return "Who may call: whoever signs with the source's secret.";
  if (scope === null) return "Who may call: everyone.";
  const header = credential && { "x-api-key": "`X-API-Key`", authorization: "`Authorization`" }[credential];
  const carries = scope === "any" ? "any credential" : `a credential with the scope \`${scope}\``;
  const who = header ? `${carries}, in ${header}` : carries;
  return `Who may call: ${anonymous ? `everyone; some of it is for ${who}` : who}.`;
}

/** The ways to present a credential; OpenAPI 3.1 lets every scheme name the scopes that are needed. */
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
 * The bytes of a file. The first type is the one that generated clients send unless told otherwise: of a mere range they would
 * make a header and write the file as JSON.
 */
const UPLOAD = {
  "application/octet-stream": {
    schema: { contentMediaType: "application/octet-stream" },
    example: "The bytes of the file",
  },
  "*/*": { schema: {}, example: "The bytes of the file" },
};

/** The body of a request, in the media types that the route reads. */
function requestBody(contract: AnyContract, spec: Spec, components: Components): JsonSchema {
  const { body, bodyOptional, form, upload, text, docs } = spec;
  const example = docs().examples?.body;
  const of = (content: JsonSchema, required = true) => ({ requestBody: { required, content } });
  if (text) return { requestBody: webhookBody(contract, example, components) };
  if (upload) return of(UPLOAD);
  if (body) return of({ "application/json": { schema: inputSchema(body), example } }, !bodyOptional);
  if (!form) return {};
  const schema = inputSchema(z.strictObject(form));
  return of({
    "multipart/form-data": { schema, example },
    "application/x-www-form-urlencoded": { schema, example },
  });
}
