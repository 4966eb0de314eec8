/** Parses the served sources of a folder into syntax trees, without tests and test helpers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const EXCLUDED = /\.(?:test|testing|child)\.ts$|ForTests\.ts$|_generated|fixtures|differential/;

/** Returns the trees. @param folder relative to the root of the project, as the file names of the trees. */
export function sourcesIn(folder: string): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !EXCLUDED.test(name))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
    });
}
