/** The packages that copied files import, with the ranges of this project's `package.json`. */
import ts from "typescript";
import type { Layout } from "./layout";
import type { Needs } from "./theirs/package";

export type Manifest = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** The runtime, and what programs need without importing it from a copied TypeScript file. */
const TOOLS = ["esbuild", "prettier", "typescript", "@types/node"];
/** Part of Node or of another package. */
const isPackage = (specifier: string): boolean => !/^(\.|#|node:)/.test(specifier);

/** @param runtime the version of the runtime in the app: a path. */
export function needsOf(
  files: ReadonlyMap<string, string>,
  layout: Layout,
  manifest: Manifest,
  runtime: string,
): Needs {
  const inFunctions = new Set<string>(["convex"]);
  const inTools = new Set<string>(TOOLS);
  for (const [path, text] of files) {
    if (!/\.m?ts$|\.mjs$/.test(path)) continue;
    const target = path.startsWith(`${layout.functions}/`) ? inFunctions : inTools;
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles)
      if (isPackage(fileName)) target.add(packageOf(fileName));
  }
  const known = { ...manifest.devDependencies, ...manifest.dependencies };
  const ranges = (names: Iterable<string>): Record<string, string> =>
    Object.fromEntries([...names].sort().map((name) => [name, rangeOf(name, known)]));
  return {
    dependencies: { ...ranges(inFunctions), "convex-embedded": runtime },
    devDependencies: ranges([...inTools].filter((name) => !inFunctions.has(name))),
  };
}

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** @throws Error if this project's `package.json` does not have the package. */
function rangeOf(name: string, known: Readonly<Record<string, string>>): string {
  const range = known[name];
  if (range === undefined) throw new Error(`A copied file imports ${name}, which package.json does not have`);
  return /^\d/.test(range) ? `^${range}` : range;
}
