/** Edits projects in tests of pushes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Replaces text in a file of `convex/`. @throws Error if the file does not contain the text. */
export function edit(project: string, file: string, from: string, to: string): void {
  const path = join(project, "convex", file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
  writeFileSync(path, text.replace(from, to));
}
