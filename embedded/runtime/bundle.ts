/**
 * Bundles a project's functions with the options of Convex's CLI.
 *
 * The one difference is the packaging: instead of a file per module and shared chunks, which need a module loader, one
 * script with an `import()` per module. esbuild wraps each file so that it is evaluated when first asked for, once.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BuildFailure, Message } from "esbuild";
import { build, stop } from "esbuild";
import { entryPoints, schemaFile } from "./entries";
import { convexPlugins } from "./plugins";

/** The functions of one state of a project. */
export interface Bundle {
  /** The script; it calls `__modules` with an object of loaders, by module: `http/items`, `schema`. */
  readonly code: string;
  /** Its source map as bytes, parsed when the first stack trace needs it. Sources are relative to `out/`. */
  readonly map: Uint8Array;
  /** Unique in the process, so that stack traces of two servers are told apart. */
  readonly filename: string;
  /** What is in the folder and will not happen here, for the developer to read. */
  readonly warnings: readonly string[];
}

/** Something is wrong with the project's files. The message has a line `file:line:column: what` for each problem. */
class BundleError extends Error {}

let bundles = 0;
let building = 0;

/**
 * Bundles `PROJECT/convex`.
 *
 * @param project absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export async function bundleProject(project: string): Promise<Bundle> {
  const directory = join(project, "convex");
  const schema = schemaFile(directory);
  const modules = entryPoints(directory).map(({ file, module }) => [module, file] as const);
  if (schema !== null) modules.push(["schema", schema]);
  const loaders = modules.map(([module, file]) => `${JSON.stringify(module)}: () => import("./${file}")`);

  building++;
  try {
    const result = await build({
      stdin: {
        contents: `__modules({\n${loaders.join(",\n")}\n});`,
        resolveDir: directory,
        sourcefile: "modules",
      },
      absWorkingDir: project,
      bundle: true,
      platform: "browser",
      format: "esm",
      target: "esnext",
      jsx: "automatic",
      outfile: "out/modules.js",
      conditions: ["convex", "module"],
      plugins: [...convexPlugins],
      write: false,
      sourcemap: "external",
      sourcesContent: false,
      treeShaking: true,
      minifySyntax: true,
      minifyIdentifiers: true,
      keepNames: true,
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
      warnings: [...result.warnings.map(shown), ...notYet(directory)],
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

function notYet(directory: string): string[] {
  const crons = ["crons.ts", "crons.js"].find((file) => existsSync(join(directory, file)));
  return crons
    ? [`convex/${crons}: cron jobs are not supported by the embedded runtime yet. None of them runs.`]
    : [];
}

function shown({ location, text, notes }: Message): string {
  const where = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
  const more = notes.map((note) => `\n  ${note.text}`).join("");
  return `${where}${text}${more}`;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}
