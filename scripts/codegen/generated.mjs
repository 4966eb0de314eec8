/** Compares the generated files before and after a run. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Returns the generated files below `convex/`, including those of components: contents by path. */
export function generated(project) {
  const files = readdirSync(join(project, "convex"), { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(project, join(parentPath, name)).split(sep).join("/"))
    .filter((path) => path.includes("/_generated/"));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(project, path), "utf8")]));
}

/** Describes the difference in one line. */
export function outcome(before, after) {
  const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
  if (changed.length === 0) return "convex/_generated is unchanged";
  return before.size === 0 ? "convex/_generated is new" : `changed: ${changed.join(", ")}`;
}
