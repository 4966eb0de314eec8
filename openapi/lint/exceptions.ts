import type { JsonSchema } from "../../convex/http/kit/described.kit";
import type { Finding } from "./linters";

/**
 * False positives of Spectral. (The false positives of Redocly are in `.redocly.lint-ignore.yaml`.)
 *
 * The list has one entry. Since OpenAPI 3.1 a security requirement may name scopes or roles for every scheme. Spectral still
 * looks up each scope in OAuth flows, which keys and plain bearer tokens do not have.
 */
export function isExcepted({ rule, message, where }: Finding, document: JsonSchema): boolean {
  if (rule !== "oas3-operation-security-defined" || !message.endsWith("must be listed among scopes."))
    return false;
  const scheme = schemesOf(document)[where.split("/").at(-2) ?? ""];
  return scheme !== undefined && scheme.type !== "oauth2";
}

type Schemes = Partial<Record<string, { type?: unknown }>>;

function schemesOf(document: JsonSchema): Schemes {
  const components = document["components"] as { securitySchemes?: Schemes } | undefined;
  return components?.securitySchemes ?? {};
}
