/** The reference as files that any web server can serve, at any path, with nothing from elsewhere. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { referencePage, referencePolicy } from "../convex/lib/reference.lib";
import scalar from "./scalar.json";

type Site = {
  /** The folder to write, made if missing. Its other files stay. */
  out: string;
  /** The OpenAPI document's file. */
  document: string;
  /** The script's file. */
  script: string;
  /** Where the API is: the page sends its requests there. Undefined for the host that the site is on. */
  server?: string | undefined;
};

/**
 * Writes `index.html`, `openapi.json` and `scalar.js`.
 *
 * @throws Error if a file cannot be read or written, TypeError if the server is not an absolute URL.
 */
export function writeSite({ out, document, script, server }: Site): void {
  const openApi = JSON.parse(readFileSync(document, "utf8")) as { info: { title: string }; servers: unknown };
  const policy = referencePolicy("scalar.js", server === undefined ? [] : [server]);
  mkdirSync(out, { recursive: true });
  const page = { title: openApi.info.title, document: "openapi.json", script: "scalar.js", policy };
  writeFileSync(join(out, "index.html"), referencePage(page));
  if (server !== undefined) openApi.servers = [{ url: server }];
  writeFileSync(join(out, "openapi.json"), `${JSON.stringify(openApi, null, 2)}\n`);
  copyFileSync(script, join(out, "scalar.js"));
}

/**
 * The file with the script of the page. `npm ci` has fetched it; otherwise it is fetched now. To be called at the root of
 * the repository.
 *
 * @throws Error when it cannot be fetched.
 */
export function referenceScript(): string {
  if (!existsSync(scalar.copy))
    execFileSync(process.execPath, ["scripts/reference.mjs"], { stdio: "inherit" });
  if (!existsSync(scalar.copy)) throw new Error("The site needs the script of the reference page.");
  return scalar.copy;
}
