/**
 * Finds the modules of a `convex/` folder by the rules of Convex's CLI (`bundler/index.ts`,
 * `entryPoints` and `determineEnvironment`).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";

/** A file that becomes a module. */
export interface EntryPoint {
  /** Relative to the folder, with slashes: `http/items.ts`. */
  readonly file: string;
  /** The module's name, without extension: `http/items`. */
  readonly module: string;
  /** `node` for a `"use node"` file. */
  readonly environment: "isolate" | "node";
}

/** A file that Convex refuses. */
class EntryPointError extends Error {}

/** A folder of functions. */
export interface Folder {
  /** The folder's name in errors. */
  readonly label: string;
  /** Whether the folder belongs to a component, not to the app. */
  readonly isComponent: boolean;
}

/** Modules that cannot be `"use node"` files. */
const ISOLATE_ONLY = ["http", "crons", "schema", "auth.config"];

const EXTENSIONS = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx"];

/**
 * Returns the modules of a folder, sorted.
 *
 * @param directory The absolute path of the app's folder or of a component's folder.
 * @throws EntryPointError for files that Convex refuses.
 */
export function entryPoints(directory: string, folder: Folder): EntryPoint[] {
  if (!existsSync(directory)) throw new EntryPointError(`The folder ${directory} does not exist`);
  const found: EntryPoint[] = [];
  for (const { file, source } of moduleFiles(directory)) {
    const environment = hasUseNode(source) ? "node" : "isolate";
    check(file, source, folder);
    found.push({ file, module: moduleOf(file), environment });
  }
  return found;
}

function moduleOf(file: string): string {
  return file.replace(/\.[^/.]+$/, "");
}

/** Yields the files of a folder that become modules, including those that Convex refuses. */
export function* moduleFiles(directory: string): Generator<{ file: string; source: string }> {
  for (const file of walk(directory, "")) {
    if (!isEntryPoint(file)) continue;
    const source = readFileSync(join(directory, file), "utf8");
    // A TypeScript file without import or export is not a module.
    if (/\.tsx?$/.test(file) && !/^\s{0,100}(import|export)/m.test(source)) continue;
    yield { file, source };
  }
}

/** Returns the name of the schema file, `null` if it does not exist. */
export function schemaFile(directory: string): string | null {
  return ["schema.ts", "schema.js"].find((file) => existsSync(join(directory, file))) ?? null;
}

/**
 * Returns the name of the auth config file, `null` if it does not exist.
 *
 * @throws EntryPointError if two of them exist.
 */
export function authConfigFile(directory: string): string | null {
  const files = ["auth.config.ts", "auth.config.js"].filter((file) => existsSync(join(directory, file)));
  if (files.length > 1)
    throw new EntryPointError(`Found both ${files.join(" and ")} in ${directory}. Delete one of them.`);
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
    // A name with more than one dot is never a module: `auth.config.ts`, `items.test.ts`, `items.lib.ts`.
    base.split(".").length === 2 &&
    !file.includes(" ")
  );
}

/** @throws EntryPointError for a file that Convex refuses. */
export function check(file: string, source: string, { label, isComponent }: Folder): void {
  if (file.startsWith("_deps/")) {
    throw new EntryPointError(
      `${label}/${file}: the folder _deps is reserved for dependencies. Move your code elsewhere.`,
    );
  }
  if (hasUseNode(source)) {
    if (isComponent) {
      throw new EntryPointError(
        `${label}/${file}: Convex does not support "use node" in components. Remove the directive.`,
      );
    }
    if (ISOLATE_ONLY.includes(moduleOf(file))) {
      throw new EntryPointError(`${label}/${file}: Convex does not allow "use node" in this file.`);
    }
  } else if (file.startsWith("actions/")) {
    throw new EntryPointError(
      `${label}/${file}: Convex refuses files in actions/ without "use node". Move it elsewhere.`,
    );
  }
  if (!/^[A-Za-z0-9_./]+$/.test(file)) {
    throw new EntryPointError(
      `${label}/${file}: Convex refuses this name. Use only letters, digits, underscores and dots.`,
    );
  }
}

/** True if `"use node"` is one of the directives at the start of a file. */
function hasUseNode(source: string): boolean {
  if (!source.includes("use node")) return false;
  const opening = /^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(["'])(?:(?!\1).)*\1\s*;?)*/.exec(source)?.[0] ?? "";
  const code = opening.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "");
  return /(["'])use node\1/.test(code);
}
