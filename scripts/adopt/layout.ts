/** Where the copied files are in an app. */
import { posix } from "node:path";
import { isGenerated } from "./copy/source";

export type Layout = {
  /** The folder of the app's functions, such as `convex`. */
  readonly functions: string;
  /** The folder of the API's functions in it: also their first name in `internal`. */
  readonly folder: string;
  /** The folder of the document, the programs and the record of the adoption. */
  readonly tools: string;
};

/** Returns the path in the app of a file of this project. */
export function pathIn({ functions, folder, tools }: Layout, file: string): string {
  if (isGenerated(file)) return posix.join(functions, file.slice("convex/".length));
  const special = RENAMED[file];
  if (special !== undefined) return posix.join(functions, folder, special);
  return file.startsWith("convex/")
    ? posix.join(functions, folder, file.slice("convex/".length))
    : posix.join(tools, file);
}

/** Convex reads the schema and the crons of an app at fixed paths, so the app's own files import these. */
const RENAMED: Readonly<Record<string, string>> = {
  "convex/schema.ts": "tables.ts",
  "convex/crons.ts": "crons.lib.ts",
};

/** Returns the specifier by which one file of the app imports another. */
export function specifierFrom(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/(\.d)?\.ts$/, "");
  return path.startsWith(".") ? path : `./${path}`;
}
