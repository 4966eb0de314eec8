import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the settings in the project's `convex.json`. A project without the file has none. */
export function convexJson(project) {
  try {
    return JSON.parse(readFileSync(join(project, "convex.json"), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}
