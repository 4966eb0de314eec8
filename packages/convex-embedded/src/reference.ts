/** The script of the reference page, which a project's installation has fetched (`scripts/reference.mjs`). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import scalar from "../../../openapi/scalar.json";
import type { Asset } from "./http/assets";

/**
 * The script as the server answers it, `null` where it was not fetched. Whether it is the right one browsers judge: the
 * page has its hash.
 *
 * @param project absolute path of the folder that holds `convex/`.
 */
export function referenceScript(project: string): Asset | null {
  const file = join(project, scalar.copy);
  if (!existsSync(file)) return null;
  const etag = `"${scalar.integrity}"`;
  return { path: "/docs/scalar.js", file, type: "text/javascript; charset=utf-8", etag };
}
