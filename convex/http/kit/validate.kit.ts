import type { Endpoint } from "./api.kit";
import type { Body } from "./body.kit";
import { revisionsFor } from "./conditional.kit";
import type { ApiContext } from "./env.kit";
import type * as fastBodyModule from "./fastBody.kit";
import type * as pagingModule from "./paging.kit";
import type * as schemasModule from "./schemas.kit";

/** Load the parts of the validation that only some requests need. */
export type Loaders = {
  schemas: () => Promise<typeof schemasModule>;
  paging: () => Promise<typeof pagingModule>;
  /** Loaded already if the request has a body. */
  write: () => Promise<typeof fastBodyModule>;
};

/**
 * Validates path, query and body against the contract. The validated values are in
 * `c.req.valid("param" | "query" | "json" | "form")`, `c.var.page` and `c.var.ifMatch`.
 *
 * zod is loaded only for input that needs a schema and is not certainly valid, because on Convex every request would pay for a
 * static import.
 */
export async function validate(c: ApiContext, endpoint: Endpoint, load: Loaders): Promise<void> {
  const search = searchOf(c.req.url);
  // Loaded on demand, like zod.
  const paging = endpoint.paged && (await load.paging());
  const certain =
    needsNoSchema(endpoint, search, paging?.isPlainPage) &&
    (endpoint.body ? await validatedBody(c, endpoint.body, load) : {});
  if (certain) {
    c.req.addValidatedData("param", c.req.param());
    c.req.addValidatedData("query", Object.fromEntries(search));
    if (certain.json) c.req.addValidatedData("json", certain.json);
  } else {
    const { validateInput } = await load.schemas();
    await validateInput(c, endpoint);
  }

  if (paging) {
    const query: Record<string, string> = c.req.valid("query" as never);
    const params = Object.values(c.req.param());
    c.set("page", paging.pageCall(endpoint.operationId, query, c.req.url, params));
  }
  if (endpoint.conditional && endpoint.method !== "get") c.set("ifMatch", revisionsFor(c));
}

/** Returns the value of a JSON body; undefined if only zod can tell whether the body is valid. */
async function validatedBody(
  c: ApiContext,
  body: Body,
  load: Loaders,
): Promise<{ json?: object } | undefined> {
  if (body.type === "form" || body.type === "multipart") return undefined;
  if (body.type !== "json") return {};
  const { certainValue } = await load.write();
  const json = certainValue(body.schema, await c.req.json());
  return typeof json === "object" && json !== null ? { json } : undefined;
}

/** Whether every text is accepted in the path, and the query is certainly valid. */
function needsNoSchema(
  { path, params, query }: Endpoint,
  search: readonly [string, string][],
  isPlainPage: ((search: readonly [string, string][]) => boolean) | undefined,
): boolean {
  if (typeof params === "function" || query) return false;
  if (search.length === 0) return true;
  // Routes under /api refuse unknown query parameters.
  return isPlainPage ? isPlainPage(search) : !path.startsWith("/api/");
}

function searchOf(url: string): [string, string][] {
  return url.includes("?") ? [...new URL(url).searchParams] : [];
}
