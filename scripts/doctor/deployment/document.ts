/** The OpenAPI document and the reference page of the deployment. */
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

type Document = Record<string, unknown>;

/** Holds the document against the checkout's: another one means other code. */
export async function document(ask: Ask, project: string): Promise<Finding[]> {
  const reply = await ask("/openapi.json");
  if (reply.status !== 200)
    return [problem(`GET /openapi.json answers ${reply.status}`, "Deploy this checkout.")];
  const { servers, ...served } = await objectOf(reply);
  return [...difference(served, project), ...address(servers, ask.url)];
}

function difference(served: Document, project: string): Finding[] {
  const file = join(project, "openapi", "openapi.json");
  if (!existsSync(file)) return [];
  const { servers: _, ...own } = JSON.parse(readFileSync(file, "utf8")) as Document;
  if (isDeepStrictEqual(served, own)) return [ok("its OpenAPI document is this checkout's")];
  const [there, here] = [operations(served), operations(own)];
  const parts = [
    told(
      "only there",
      [...there.keys()].filter((name) => !here.has(name)),
    ),
    told(
      "only here",
      [...here.keys()].filter((name) => !there.has(name)),
    ),
    told(
      "different",
      [...here.keys()].filter(
        (name) => there.has(name) && !isDeepStrictEqual(there.get(name), here.get(name)),
      ),
    ),
  ].filter((part) => part !== "");
  const what = `Its OpenAPI document is not this checkout's: ${parts.join("; ") || "texts differ"}`;
  return [warning(what, "Deploy this checkout, or look at the one that is deployed.")];
}

/** The operations of a document by method and path. */
function operations({ paths = {} }: Document): Map<string, unknown> {
  const entries = Object.entries(paths as Record<string, Record<string, unknown>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== "parameters")
        .map(([method, what]) => [`${method.toUpperCase()} ${path}`, what] as const),
  );
  return new Map(entries);
}

const told = (how: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${how}: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;

/** The address that the deployment takes for its own is in links, in the document, and in the page's policy. */
function address(servers: unknown, url: URL): Finding[] {
  const [{ url: own } = { url: "" }] = Array.isArray(servers) ? (servers as { url: string }[]) : [];
  if (URL.canParse(own) && new URL(own).origin === url.origin) return [];
  return [
    warning(
      `It takes ${own || "no address"} for its own, not ${url.origin}`,
      "Set PUBLIC_URL to the address that clients use.",
    ),
  ];
}

/** Looks at the reference page, and whether its script can be had. */
export async function docs(ask: Ask): Promise<Finding[]> {
  const page = await ask("/docs");
  const [, src] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  if (page.status !== 200 || src === undefined)
    return [problem(`GET /docs answers ${page.status}, without a page`, "Deploy this checkout.")];
  const script = new URL(src.replaceAll("&amp;", "&"), ask.url);
  const remedy = "If browsers cannot reach it either, set DOCS_SCRIPT_URL to a copy of that file.";
  try {
    const { status } = await fetch(script, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    return status === 200
      ? [ok("the reference page and its script are there")]
      : [warning(`The script of the reference page, ${script.href}, answers ${status}`, remedy)];
  } catch (error) {
    const what = `The script of the reference page, ${script.href}, cannot be reached from here: ${reasonOf(error)}`;
    return [warning(what, remedy)];
  }
}
