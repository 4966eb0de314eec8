import { readFileSync } from "node:fs";
import type { Json } from "../../../convex/http/testing/replies.testing";
import { describedBy, type Described } from "../../../openapi/contract/described";
import { given } from "./given";

/** The OpenAPI document of the deployment's project, as it was last generated. */
export const committed = (): Json => JSON.parse(readFileSync(given.document, "utf8")) as Json;

let cached: Described | undefined;

/** Returns the document in the form of the contract tests. */
export const described = (): Described => (cached ??= describedBy(committed()));

type Operation = {
  method: string;
  /** The path with `nothing` for each parameter, which no resource has. */
  path: string;
  /** Undefined if the operation accepts any credential or needs none. */
  scope: string | undefined;
  /** Whether the operation requires a credential. */
  secured: boolean;
};

/** Returns every operation of the document. */
export function operations(): Operation[] {
  return described().operations.map(({ method, path, security }) => ({
    method,
    path: path.replaceAll(/\{\w+\}/g, "nothing"),
    scope: security.flatMap((requirement) => Object.values(requirement).flat())[0],
    secured: security.length > 0 && security.every((requirement) => Object.keys(requirement).length > 0),
  }));
}

/** Returns the codes of all problems. */
export function problemCodes(): string[] {
  // The shape of the document's problem schema. Other tests compare it with the list of problems.
  const { properties } = described().problem as { properties: { code: { enum: string[] } } };
  return properties.code.enum;
}
