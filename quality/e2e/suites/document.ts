import { readFileSync } from "node:fs";
import type { Json } from "../../../convex/http/testing/replies.testing";
import { productDocument } from "../../../openapi/contract/check";

/** The OpenAPI document of this project. */
export const committed = (): Json => JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as Json;

type Operation = {
  method: string;
  /** One that can be asked for, though nothing is there. */
  path: string;
  /** Undefined where any credential will do, and where none is needed. */
  scope: string | undefined;
  /** True where nobody is served without a credential. */
  secured: boolean;
};

/** Every operation of the document. */
export function operations(): Operation[] {
  return productDocument().operations.map(({ method, path, security }) => ({
    method,
    path: path.replaceAll(/\{\w+\}/g, "nothing"),
    scope: security.flatMap((one) => Object.values(one).flat())[0],
    secured: security.length > 0 && security.every((one) => Object.keys(one).length > 0),
  }));
}

/** The codes of all problems. */
export function problemCodes(): string[] {
  // So the document describes problems; other tests hold it against the catalogue.
  const { properties } = productDocument().problem as { properties: { code: { enum: string[] } } };
  return properties.code.enum;
}
