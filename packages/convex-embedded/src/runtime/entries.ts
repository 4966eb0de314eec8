/**
 * Which files of a `convex/` folder are modules of the app: the rules of Convex's CLI (`bundler/index.ts`,
 * `entryPoints` and `determineEnvironment`).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";

/** A file that becomes a module. */
export interface EntryPoint {
  /** Relative to the folder, with slashes: `http/items.ts`. */
  readonly file: string;
  /** As functions are named after it, without extension: `http/items`. */
  readonly module: string;
}

/** A file that Convex would take and the embedded runtime cannot, or that neither takes. */
class EntryPointError extends Error {}

const EXTENSIONS = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx"];

/**
 * The modules of a folder, sorted.
 *
 * @param directory absolute path of the `convex/` folder, or of a component's.
 * @param label how errors name the folder.
 * @throws EntryPointError for a `"use node"` file and for names that fail at deploy.
 */
export function entryPoints(directory: string, label = "convex"): EntryPoint[] {
  if (!existsSync(directory)) throw new EntryPointError(`There is no folder ${directory}`);
  const found: EntryPoint[] = [];
  for (const { file, source } of moduleFiles(directory)) {
    check(file, source, label);
    found.push({ file, module: file.replace(/\.[^/.]+$/, "") });
  }
  return found;
}

/** The files of a folder that become modules, whether or not Convex takes them. */
export function* moduleFiles(directory: string): Generator<{ file: string; source: string }> {
  for (const file of walk(directory, "")) {
    if (!isEntryPoint(file)) continue;
    const source = readFileSync(join(directory, file), "utf8");
    // A TypeScript file without import or export is no module.
    if (/\.tsx?$/.test(file) && !/^\s{0,100}(import|export)/m.test(source)) continue;
    yield { file, source };
  }
}

/** The schema's file, `null` without one. */
export function schemaFile(directory: string): string | null {
  return ["schema.ts", "schema.js"].find((file) => existsSync(join(directory, file))) ?? null;
}

/**
 * The auth config's file, `null` without one.
 *
 * @throws EntryPointError if there are two.
 */
export function authConfigFile(directory: string): string | null {
  const files = ["auth.config.ts", "auth.config.js"].filter((file) => existsSync(join(directory, file)));
  if (files.length > 1)
    throw new EntryPointError(`Found both ${files.join(" and ")} in ${directory}, choose one.`);
  return files[0] ?? null;
}

function* walk(directory: string, inside: string): Generator<string> {
  const entries = readdirSync(join(directory, inside), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    if (entry.isFile()) yield path;
    // A folder with a `convex.config.ts` is a component with its own modules.
    else if (entry.isDirectory() && !existsSync(join(directory, path, "convex.config.ts"))) {
      yield* walk(directory, path);
    }
  }
}

function isEntryPoint(file: string): boolean {
  const { base } = parse(file);
  return (
    EXTENSIONS.some((extension) => file.endsWith(extension)) &&
    !file.startsWith("_generated/") &&
    !base.startsWith(".") &&
    !base.startsWith("#") &&
    base !== "schema.ts" &&
    base !== "schema.js" &&
    // `auth.config.ts`, `items.test.ts`, `items.lib.ts`: more than one dot is never a module.
    base.split(".").length === 2 &&
    !file.includes(" ")
  );
}

/** @throws EntryPointError for what Convex refuses, and for `"use node"`, which the embedded runtime does. */
export function check(file: string, source: string, label: string): void {
  if (file.startsWith("_deps/")) {
    throw new EntryPointError(
      `${label}/${file}: the folder _deps is reserved for dependencies. Move your code elsewhere.`,
    );
  }
  if (hasUseNode(source)) {
    throw new EntryPointError(
      `${label}/${file}: "use node" actions are not supported by the embedded runtime, which has Convex's default ` +
        "runtime only. Remove the directive, or deploy to Convex.",
    );
  }
  if (file.startsWith("actions/")) {
    throw new EntryPointError(
      `${label}/${file}: Convex refuses files in actions/ without "use node". Move it elsewhere.`,
    );
  }
  if (!/^[A-Za-z0-9_./]+$/.test(file)) {
    throw new EntryPointError(
      `${label}/${file}: Convex refuses this name. Module names have letters, digits, underscores and dots only.`,
    );
  }
}

/** True if `"use node"` is among the directives that open a file. */
export function hasUseNode(source: string): boolean {
  if (!source.includes("use node")) return false;
  const opening = /^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(["'])(?:(?!\1).)*\1\s*;?)*/.exec(source)?.[0] ?? "";
  const code = opening.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "");
  return /(["'])use node\1/.test(code);
}
