/** The files of this project that an app can get. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import ts from "typescript";

/** Texts by path, relative to the project's folder, with `/`. */
export type Texts = ReadonlyMap<string, string>;

/** Programs that an app gets, with all files that they import. */
const PROGRAMS = ["openapi/generate.ts", "scripts/webhook/main.ts", "scripts/run.mjs", "scripts/codegen.mjs"];
const DATA = ["openapi/description.md", "openapi/openapi.json", "openapi/scalar.json", ".env.example"];

/** Tests and their tools, and generated files. */
const NOT_DEPLOYED =
  /\.(test|testing|child|reporter)\.ts$|^convex\/(_generated|http\/testing)\/|\.(md|json)$/;
/** Former paths of functions, which only data of earlier versions refers to. */
const FORMER = /^convex\/(webhookEvents|webhookProcessing)\.ts$/;
/** Files at fixed paths, which are merged into the app's own. */
const MERGED = /^convex\/(http|auth\.config|convex\.config)\.ts$/;

/** Reads all files that an app can get. Which of them it gets depends on its parts. */
export function sourceTexts(root: string): Texts {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const texts = new Map(DATA.map((file) => [file, read(file)]));
  const add = (file: string): void => {
    if (texts.has(file) || isGenerated(file)) return;
    const text = read(file);
    texts.set(file, text);
    // A whole syntax tree of each file would take most of the command's time.
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      const target = resolved(file, fileName, (path) => existsSync(join(root, path)));
      if (target) add(target);
    }
  };
  const functions = readdirSync(join(root, "convex"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join("/"));
  for (const file of functions.sort())
    if (!NOT_DEPLOYED.test(file) && !FORMER.test(file) && !MERGED.test(file)) add(file);
  for (const program of PROGRAMS) add(program);
  return texts;
}

export const isGenerated = (file: string): boolean => file.startsWith("convex/_generated/");

/** Returns the file that a relative specifier names, or undefined for a package. @throws Error if no such file exists. */
export function resolved(
  from: string,
  specifier: string,
  exists: (path: string) => boolean,
): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(dirname(from), specifier);
  if (isGenerated(path)) return path;
  const found = [path, `${path}.ts`, `${path}.mjs`, `${path}/index.ts`].find(
    (candidate) => /\.\w+$/.test(candidate) && exists(candidate),
  );
  if (found === undefined) throw new Error(`${from} imports ${specifier}, which does not exist`);
  return found;
}
