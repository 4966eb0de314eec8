/** The OpenAPI document and the reference page of the deployment. */
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { deployedDocument } from "../../../convex/lib/deployedDocument.lib";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

type Document = Record<string, unknown>;

/** Compares the document with the checkout's. A different document means that different code is deployed. */
export async function document(ask: Ask, project: string): Promise<Finding[]> {
  const reply = await ask("/openapi.json");
  if (reply.status !== 200)
    return [problem(`GET /openapi.json answers ${reply.status}`, "Deploy this checkout.")];
  const served = await objectOf(reply);
  return [...difference(served, project), ...address(served["servers"], ask.url)];
}

function difference(served: Document, project: string): Finding[] {
  const file = join(project, "openapi", "openapi.json");
  if (!existsSync(file)) return [];
  const committed = JSON.parse(readFileSync(file, "utf8")) as Document & { info: object };
  // The deployment's address and contact are settings, so they do not count as a difference.
  const { contact } = (served["info"] ?? {}) as { contact?: { name: string } };
  const own: Document = deployedDocument(committed, addressIn(served["servers"]), contact);
  if (isDeepStrictEqual(served, own)) return [ok("the OpenAPI document matches this checkout")];
  const [remote, local] = [operations(served), operations(own)];
  const parts = [
    list(
      "only on the deployment",
      [...remote.keys()].filter((name) => !local.has(name)),
    ),
    list(
      "only in the checkout",
      [...local.keys()].filter((name) => !remote.has(name)),
    ),
    list(
      "different",
      [...local.keys()].filter(
        (name) => remote.has(name) && !isDeepStrictEqual(remote.get(name), local.get(name)),
      ),
    ),
  ].filter((part) => part !== "");
  const what = `The OpenAPI document differs from this checkout's: ${parts.join("; ") || "texts differ"}`;
  return [warning(what, "Deploy this checkout, or check out the version that is deployed.")];
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

const list = (title: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${title}: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;

/** Returns the first address in `servers` of a document, or an empty text. */
function addressIn(servers: unknown): string {
  const [{ url } = { url: "" }] = Array.isArray(servers) ? (servers as { url: string }[]) : [];
  return url;
}

/** Checks the address that the deployment uses in links, in the document, and in the reference page's security policy. */
function address(servers: unknown, url: URL): Finding[] {
  const own = addressIn(servers);
  if (URL.canParse(own) && new URL(own).origin === url.origin) return [];
  return [
    warning(
      `Links lead to ${own || "no address"}, not to ${url.origin}`,
      "Set PUBLIC_URL to the address that clients use.",
    ),
  ];
}

/** Checks the reference page, and whether its script can be loaded. */
export async function docs(ask: Ask): Promise<Finding[]> {
  const page = await ask("/docs");
  const [, src] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  if (page.status !== 200 || src === undefined)
    return [problem(`GET /docs answers ${page.status} without the reference page`, "Deploy this checkout.")];
  const script = new URL(src.replaceAll("&amp;", "&"), ask.url);
  const remedy = "If browsers cannot reach it either, set DOCS_SCRIPT_URL to a copy of that file.";
  try {
    const { status } = await fetch(script, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    return status === 200
      ? [ok("the reference page and its script load")]
      : [warning(`The script of the reference page, ${script.href}, answers ${status}`, remedy)];
  } catch (error) {
    const what = `The script of the reference page, ${script.href}, cannot be reached from here: ${reasonOf(error)}`;
    return [warning(what, remedy)];
  }
}
