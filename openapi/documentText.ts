import { formatted } from "./formatted";
import { productDocument } from "./product";

/** Where the document is, from the project's folder. */
export const DOCUMENT = "openapi/openapi.json";

/** The text of the OpenAPI document, derived from the contracts. The same contracts make the same text. */
export function documentText(): Promise<string> {
  return formatted(DOCUMENT, JSON.stringify(productDocument()));
}
