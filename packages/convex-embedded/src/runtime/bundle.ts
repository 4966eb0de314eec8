/**
 * Bundles a project's functions with the options of Convex's CLI.
 *
 * The only difference is the packaging. Convex's CLI writes one file per module and shared chunks, which need a module loader.
 * This file produces one script with an `import()` per module. esbuild wraps each file so that it is evaluated on first use.
 */
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Esbuild from "esbuild";
import type { BuildFailure, Message, Metafile, Plugin } from "esbuild";
import { LIBRARY_EXPORTS } from "../exec/context/library";
import { functionsFolder } from "./convexJson";
import { withImportingFunction } from "./dynamicImport";
import { authConfigFile, entryPoints, schemaFile, type Folder } from "./entries";
import { convexPlugins } from "./plugins";

/** The functions of one state of a project. */
export interface Bundle {
  /** The script. It calls `__modules` with the loaders by module (`http/items`, `schema`) and its copy of the library. */
  readonly code: string;
  /** The source map as JSON bytes, parsed when a stack trace needs it. Sources are relative to `out/`. */
  readonly map: Uint8Array;
  /** Unique in the process, so that stack traces of two servers can be distinguished. */
  readonly filename: string;
  /** Warnings of esbuild, for the developer. */
  readonly warnings: readonly string[];
  /** True if Convex's command line bundled the modules; see `pushedLibrary.ts`. */
  readonly pushed?: true;
}

/** Returns the text of a script that registers modules. @param modules pairs of a module's name and its file. */
export function registration(modules: readonly (readonly [module: string, file: string])[]): string {
  const loaders = modules.map(
    ([module, file]) => `${JSON.stringify(module)}: () => import(${JSON.stringify(`./${file}`)})`,
  );
  return `${LIBRARY_EXPORTS.imports}\n__modules({\n${loaders.join(",\n")}\n}, ${LIBRARY_EXPORTS.object});`;
}

/** Receives esbuild's list of the files in a bundle. */
export type Report = (metafile: Metafile) => void;

/** The project's files contain errors. The message has a line `file:line:column: problem` for each. */
class BundleError extends Error {}

let bundles = 0;
let building = 0;
let bundler: Promise<typeof Esbuild> | undefined;

/**
 * Bundles the app's functions, without the components and the `"use node"` files in their folder.
 *
 * @param project The absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export function bundleProject(project: string, report?: Report): Promise<Bundle> {
  return bundleFunctions(project, functionsFolder(project), report);
}

/**
 * Bundles the functions and the schema of the app's folder or of a component's folder.
 *
 * @param project The absolute path of the project. @param directory The absolute path of the folder.
 * @throws BundleError, EntryPointError
 */
export async function bundleFunctions(project: string, directory: string, report?: Report): Promise<Bundle> {
  const schema = schemaFile(directory);
  const modules = entryPoints(directory, folderOf(project, directory))
    .filter(({ environment }) => environment === "isolate")
    .map(({ file, module }) => [module, file] as const);
  if (schema !== null) modules.push(["schema", schema]);
  const authConfig = authConfigFile(directory);
  if (authConfig !== null) modules.push(["auth.config", authConfig]);
  return bundleScript({ project, directory, contents: registration(modules), report });
}

/** Describes a folder of functions. @param project @param directory The absolute paths of the project and of the folder. */
export function folderOf(project: string, directory: string): Folder {
  const label = relative(project, directory).split(sep).join("/");
  return { label, isComponent: directory !== functionsFolder(project) };
}

/** The input of a script. */
export interface Source {
  /** An absolute path. Error messages and source maps are relative to it. */
  readonly project: string;
  /** An absolute path. Imports are relative to it. */
  readonly directory: string;
  readonly contents: string;
  /** Plugins that run before those of Convex's CLI. */
  readonly plugins?: readonly Plugin[];
  /** Default `browser`, for Convex's default runtime. */
  readonly platform?: "browser" | "node";
  readonly report?: Report | undefined;
}

/**
 * Bundles code with everything that it imports into one script.
 *
 * @throws BundleError
 */
export async function bundleScript({
  project,
  directory,
  contents,
  plugins = [],
  platform = "browser",
  report,
}: Source): Promise<Bundle> {
  building++;
  try {
    // A start with a cached build does not need it.
    const { build } = await (bundler ??= import("esbuild"));
    const result = await build({
      stdin: { contents, resolveDir: directory, sourcefile: "modules" },
      absWorkingDir: project,
      bundle: true,
      platform,
      format: "esm",
      target: "esnext",
      jsx: "automatic",
      outfile: "out/modules.js",
      conditions: ["convex", "module"],
      plugins: [...plugins, ...convexPlugins[platform]],
      write: false,
      metafile: true,
      sourcemap: "external",
      sourcesContent: false,
      treeShaking: true,
      minifySyntax: true,
      // Halves the text. Without comments it is all ASCII, which halves its memory again.
      minifyWhitespace: true,
      legalComments: "none",
      // The CLI shortens names and restores the original ones with `Object.defineProperty` for every closure at run time.
      // That took a tenth of a request's time. Without short names, there is nothing to restore.
      minifyIdentifiers: false,
      keepNames: false,
      define: {
        "process.env.NODE_ENV": '"production"',
        // A script does not have `import.meta`.
        ...(platform === "node" ? nodeMeta(directory) : { "import.meta.url": '"convex:/user/modules.js"' }),
      },
      logLevel: "silent",
    });
    report?.(result.metafile);
    const output = (end: string): Uint8Array =>
      result.outputFiles.find(({ path }) => path.endsWith(end))?.contents ?? new Uint8Array();
    const code = new TextDecoder().decode(output(".js"));
    return {
      code: platform === "node" ? code : withImportingFunction(code),
      map: output(".map"),
      filename: newFilename(),
      warnings: result.warnings.map(shown),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new BundleError(error.errors.map(shown).join("\n"), { cause: error });
  } finally {
    building--;
  }
}

/** Returns the values of `import.meta` in `"use node"` files. */
function nodeMeta(directory: string): Record<string, string> {
  const filename = join(directory, "modules.js");
  const meta = { url: pathToFileURL(filename).href, filename, dirname: directory };
  return Object.fromEntries(
    Object.entries(meta).map(([name, value]) => [`import.meta.${name}`, JSON.stringify(value)]),
  );
}

/** Returns a new value for `filename`. */
export function newFilename(): string {
  return `convex-functions-${++bundles}.js`;
}

/**
 * Ends esbuild's process. Otherwise it stays in memory for the next build, which is useful only in watch mode.
 * Does nothing while a server of this process is bundling.
 */
export async function stopBundler(): Promise<void> {
  if (building === 0) await (await bundler)?.stop();
}

function shown({ location, text, notes }: Message): string {
  const where = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
  const more = notes.map((note) => `\n  ${note.text}`).join("");
  return `${where}${text}${more}`;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}
