/** Compares the generated files before and after a run. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { convexJson } from "./convexJson.mjs";

/** Returns the folder of the functions, relative to the project: `functions` in `convex.json`, else `convex`. */
const functionsOf = (project) =>
  posix.normalize(convexJson(project).functions ?? "convex").replace(/\/$/, "");

/** Returns the generated files of the app and of its components: contents by path. */
export function generated(project) {
  const folder = join(project, functionsOf(project));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(project, join(parentPath, name)).split(sep).join("/"))
    .filter((path) => path.includes("/_generated/"));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(project, path), "utf8")]));
}

/** Describes the difference in one line. */
export function outcome(project, before, after) {
  const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
  const folder = `${functionsOf(project)}/_generated`;
  if (changed.length === 0) return `${folder} is unchanged`;
  return before.size === 0 ? `${folder} is new` : `changed: ${changed.join(", ")}`;
}
