/** Writes the reference as static files, which any web server can serve at any path without access to other hosts. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deployedDocument } from "../convex/lib/deployedDocument.lib";
import { referencePage, referencePolicy } from "../convex/lib/reference.lib";
import scalar from "./scalar.json";

type Site = {
  /** The folder to write. It is created if missing, and its other files stay. */
  out: string;
  /** The path of the OpenAPI document. */
  document: string;
  /** The path of the reference page's script. */
  script: string;
  /** The URL of the API, to which the page sends its requests. Default: the host of the site. */
  server?: string | undefined;
};

/**
 * Writes `index.html`, `openapi.json` and `scalar.js`.
 *
 * @throws Error if a file cannot be read or written, TypeError if the server is not an absolute URL.
 */
export function writeSite({ out, document, script, server }: Site): void {
  const openApi = JSON.parse(readFileSync(document, "utf8")) as { info: { title: string } };
  const policy = referencePolicy("scalar.js", server === undefined ? [] : [server]);
  mkdirSync(out, { recursive: true });
  const page = { title: openApi.info.title, document: "openapi.json", script: "scalar.js", policy };
  writeFileSync(join(out, "index.html"), referencePage(page));
  const written = server === undefined ? openApi : deployedDocument(openApi, server);
  writeFileSync(join(out, "openapi.json"), `${JSON.stringify(written, null, 2)}\n`);
  copyFileSync(script, join(out, "scalar.js"));
}

/**
 * Returns the path of the page's script. Downloads the script if `npm ci` has not done so. Call it in the root of the repository.
 *
 * @throws Error if the download fails.
 */
export function referenceScript(): string {
  if (!existsSync(scalar.copy))
    execFileSync(process.execPath, ["scripts/reference.mjs"], { stdio: "inherit" });
  if (!existsSync(scalar.copy)) throw new Error("The site needs the script of the reference page.");
  return scalar.copy;
}
