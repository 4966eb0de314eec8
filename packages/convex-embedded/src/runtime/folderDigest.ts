/** Recognizes changes of a project's functions. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { functionsFolder } from "./convexJson";

/** Returns a digest of the files in the folder of the functions except generated ones, `null` without that folder. */
export function folderDigest(project: string): string | null {
  const folder = functionsFolder(project);
  if (!existsSync(folder)) return null;
  const hash = createHash("sha256");
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const parts = file.split(sep);
    if (parts.includes("_generated") || parts.includes("node_modules")) continue;
    const bytes = contentsOf(join(folder, file));
    if (bytes !== null) hash.update(`${parts.join("/")}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** Returns a file's contents, `null` for a folder and for a file that an editor has just removed. */
function contentsOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
