/** The sources of a folder as syntax trees: what is served, without tests and what only they use. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const LEFT_OUT = /\.(?:test|testing|child)\.ts$|ForTests\.ts$|_generated|fixtures|differential/;

/** @param folder from the top of the project, as are the trees' file names. */
export function sourcesIn(folder: string): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !LEFT_OUT.test(name))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
    });
}
