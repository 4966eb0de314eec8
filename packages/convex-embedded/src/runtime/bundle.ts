/**
 * Bundles a project's functions with the options of Convex's CLI.
 *
 * The one difference is the packaging: instead of a file per module and shared chunks, which need a module loader, one
 * script with an `import()` per module. esbuild wraps each file so that it is evaluated when first asked for, once.
 */
import { join } from "node:path";
import type { BuildFailure, Message, Plugin } from "esbuild";
import { build, stop } from "esbuild";
import { LIBRARY_EXPORTS } from "../exec/context/library";
import { authConfigFile, entryPoints, schemaFile } from "./entries";
import { convexPlugins } from "./plugins";

/** The functions of one state of a project. */
export interface Bundle {
  /** The script; it calls `__modules` with loaders, by module: `http/items`, `schema`, and its copy of the library. */
  readonly code: string;
  /** Its source map as bytes, parsed when the first stack trace needs it. Sources are relative to `out/`. */
  readonly map: Uint8Array;
  /** Unique in the process, so that stack traces of two servers are told apart. */
  readonly filename: string;
  /** What esbuild found odd, for the developer to read. */
  readonly warnings: readonly string[];
}

/** Something is wrong with the project's files. The message has a line `file:line:column: what` for each problem. */
class BundleError extends Error {}

let bundles = 0;
let building = 0;

/**
 * Bundles `PROJECT/convex`, without the components in it.
 *
 * @param project absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export function bundleProject(project: string): Promise<Bundle> {
  return bundleFunctions(project, join(project, "convex"), "convex");
}

/**
 * Bundles the functions and the schema of a folder: of `convex/`, or of a component.
 *
 * @param project absolute path of the project. @param directory absolute path of the folder.
 * @param label how errors name the folder.
 * @throws BundleError, EntryPointError
 */
export async function bundleFunctions(project: string, directory: string, label: string): Promise<Bundle> {
  const schema = schemaFile(directory);
  const modules = entryPoints(directory, label).map(({ file, module }) => [module, file] as const);
  if (schema !== null) modules.push(["schema", schema]);
  const authConfig = authConfigFile(directory);
  if (authConfig !== null) modules.push(["auth.config", authConfig]);
  const loaders = modules.map(([module, file]) => `${JSON.stringify(module)}: () => import("./${file}")`);
  const contents = `${LIBRARY_EXPORTS.imports}\n__modules({\n${loaders.join(",\n")}\n}, ${LIBRARY_EXPORTS.object});`;
  return bundleScript({ project, directory, contents });
}

/** What becomes a script. */
interface Source {
  /** Absolute: error messages and source maps are relative to it. */
  readonly project: string;
  /** Absolute: what imports are relative to. */
  readonly directory: string;
  readonly contents: string;
  /** Plugins that come before the CLI's. */
  readonly plugins?: readonly Plugin[];
}

/**
 * Makes one script with everything that some code imports.
 *
 * @throws BundleError
 */
export async function bundleScript({ project, directory, contents, plugins = [] }: Source): Promise<Bundle> {
  building++;
  try {
    const result = await build({
      stdin: { contents, resolveDir: directory, sourcefile: "modules" },
      absWorkingDir: project,
      bundle: true,
      platform: "browser",
      format: "esm",
      target: "esnext",
      jsx: "automatic",
      outfile: "out/modules.js",
      conditions: ["convex", "module"],
      plugins: [...plugins, ...convexPlugins],
      write: false,
      sourcemap: "external",
      sourcesContent: false,
      treeShaking: true,
      minifySyntax: true,
      // Half of the text, and without the comments all of it is ASCII, which takes half the memory again.
      minifyWhitespace: true,
      legalComments: "none",
      // The CLI shortens names and keeps the original ones by `Object.defineProperty`, for every closure that is ever
      // made: a tenth of a request's time. Names that stay as they are need not be kept.
      minifyIdentifiers: false,
      keepNames: false,
      define: {
        "process.env.NODE_ENV": '"production"',
        // A script has no `import.meta`; on Convex it says no more than this.
        "import.meta.url": '"convex:/user/modules.js"',
      },
      logLevel: "silent",
    });
    const output = (end: string): Uint8Array =>
      result.outputFiles.find(({ path }) => path.endsWith(end))?.contents ?? new Uint8Array();
    return {
      code: new TextDecoder().decode(output(".js")),
      map: output(".map"),
      filename: `convex-functions-${++bundles}.js`,
      warnings: result.warnings.map(shown),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new BundleError(error.errors.map(shown).join("\n"), { cause: error });
  } finally {
    building--;
  }
}

/**
 * Ends esbuild's process, which otherwise stays for the next build: worth its memory only to who watches.
 * Does nothing while any server of this process is bundling.
 */
export async function stopBundler(): Promise<void> {
  if (building === 0) await stop();
}

function shown({ location, text, notes }: Message): string {
  const where = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
  const more = notes.map((note) => `\n  ${note.text}`).join("");
  return `${where}${text}${more}`;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}
