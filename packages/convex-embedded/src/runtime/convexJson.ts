/** The settings in a project's `convex.json` that the runtime applies. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface ConvexJson {
  /** The folder of the functions, relative to the project. The default is `convex/`. */
  readonly functions?: string;
  readonly node?: { readonly externalPackages?: readonly string[] };
}

/**
 * Returns the settings. A project without the file has none.
 *
 * @param project The absolute path of the project.
 * @throws Error if the file is not valid JSON.
 */
export function convexJson(project: string): ConvexJson {
  return readJson(join(project, "convex.json")) as ConvexJson;
}

/**
 * Returns the absolute path of the folder with the functions: `functions` in `convex.json`, else `convex`.
 *
 * @param project The absolute path of the project.
 * @throws Error if `convex.json` is not valid JSON, or `functions` is not a text.
 */
export function functionsFolder(project: string): string {
  const { functions = "convex" } = convexJson(project);
  // The file may contain any JSON.
  if (typeof (functions as unknown) !== "string")
    throw new Error(`${join(project, "convex.json")}: "functions" must be the path of a folder`);
  return resolve(project, functions);
}

/** Reads a JSON file. A missing file counts as an empty object. @throws Error if it is not valid JSON. */
export function readJson(file: string): unknown {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} is not valid JSON: ${String(error)}`, { cause: error });
  }
}
