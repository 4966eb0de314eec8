import { readFileSync } from "node:fs";
import { join } from "node:path";
import { api } from "../convex/http/api.app";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { API } from "../convex/http/system/system.contract";
import { openApiDocument } from "./document";
import { outgoingWebhooks } from "./outgoing";

/** Returns the document of this API. `description.md` is read from the project's directory, where npm runs its scripts. */
export async function productDocument(): Promise<JsonSchema> {
  const description = readFileSync(join(process.cwd(), "openapi", "description.md"), "utf8");
  return openApiDocument(
    { title: API.name, version: API.version, description },
    await api.contracts(),
    outgoingWebhooks,
  );
}
