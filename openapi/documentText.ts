import { formatted } from "./formatted";
import { productDocument } from "./product";

/** The file of the document, relative to the project's folder. */
export const DOCUMENT = "openapi/openapi.json";

/** Returns the text of the OpenAPI document, derived from the contracts. The same contracts produce the same text. */
export async function documentText(): Promise<string> {
  return formatted(DOCUMENT, JSON.stringify(await productDocument()));
}
