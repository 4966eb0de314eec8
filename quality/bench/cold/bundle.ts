/**
 * Bundles a folder of Convex functions as the Convex CLI does.
 *
 * The options are copied from `node_modules/convex/src/bundler/debugBundle.ts`, and the entry points from `entryPoints` in
 * `index.ts` of the same folder. Compare both when convex is updated. The CLI's plugins for `server-only`, `.wasm` and
 * `async_hooks` are left out, because this project imports none of these. An import of one fails the build.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { build, type BuildResult, type Plugin } from "esbuild";

/** The module from which Convex loads the router. */
export const ENTRY = "http.js";

export type Graph = {
  /** `http.js` and every module that it can import, statically or by `import()`: source text by name. */
  modules: Map<string, string>;
  /** The size of the modules that Convex evaluates for each HTTP request: `http.js` and its static imports. */
  bytes: number;
  /**
   * The same code as one classic script, whose value is the namespace of `http.js`. A module behind `import()` is a function
   * of the script that runs at the first `import()`.
   */
  script: string;
};

/** Bundles the functions in `dir` with the file `http` instead of `http.ts`. @returns the modules that `http.js` needs. */
export async function bundleHttp(dir: string, http: string): Promise<Graph> {
  const entries = entryPoints(dir).map((path) => {
    const out = moduleName(dir, path);
    return { in: out === "http" ? http : path, out };
  });
  const bundled = await bundle(dir, entries, "warning");
  const modules = graphOf(bundled, ["import-statement", "dynamic-import"]);
  return {
    modules,
    bytes: bytesOf(graphOf(bundled, ["import-statement"])),
    script: await asScript(modules),
  };
}

/**
 * Bundles all functions in `dir`, as a deployment gets them.
 *
 * @param more files that the CLI bundles in addition to the functions, such as the schema.
 * @returns the size in bytes of all modules, and of the modules that Convex evaluates for one HTTP request.
 * @throws esbuild's `BuildFailure`. Prints nothing.
 */
export async function bundleSizes(
  dir: string,
  more: readonly string[],
  plugins: readonly Plugin[],
): Promise<{ all: number; http: number }> {
  const entries = [...entryPoints(dir), ...more].map((path) => ({ in: path, out: moduleName(dir, path) }));
  const result = await bundle(dir, entries, "silent", plugins);
  const all = result.outputFiles.filter(({ path }) => path.endsWith(".js"));
  return {
    all: all.reduce((sum, { contents }) => sum + contents.byteLength, 0),
    http: bytesOf(graphOf(result, ["import-statement"])),
  };
}

const bytesOf = (modules: ReadonlyMap<string, string>): number =>
  [...modules.values()].reduce((sum, source) => sum + Buffer.byteLength(source), 0);

function bundle(
  dir: string,
  entries: { in: string; out: string }[],
  logLevel: "warning" | "silent",
  plugins: readonly Plugin[] = [],
): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    entryPoints: entries,
    plugins: [...plugins],
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "esnext",
    jsx: "automatic",
    outdir: "out",
    outbase: dir,
    conditions: ["convex", "module"],
    write: false,
    sourcemap: true,
    sourcesContent: false,
    splitting: true,
    chunkNames: "_deps/[hash]",
    treeShaking: true,
    minifySyntax: true,
    minifyIdentifiers: true,
    minifyWhitespace: false,
    keepNames: true,
    define: { "process.env.NODE_ENV": '"production"' },
    metafile: true,
    logLevel,
  });
}

/** Returns every file that the CLI deploys as a module of the default runtime. */
function entryPoints(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      const skipped = entry.name === "_generated" || existsSync(join(path, "convex.config.ts"));
      return skipped ? [] : entryPoints(path);
    }
    return isFunctionModule(entry.name) && isDefaultRuntime(readFileSync(path, "utf8")) ? [path] : [];
  });
}

function isFunctionModule(name: string): boolean {
  return /^[^.#\s][^.\s]*\.(?:[cm]?[jt]s|[jt]sx)$/.test(name) && !/^schema\.[jt]s$/.test(name);
}

function isDefaultRuntime(source: string): boolean {
  return !/^\s*["']use node["'];?\s*$/m.test(source) && /^\s*(?:import|export)/m.test(source);
}

function moduleName(dir: string, path: string): string {
  return posixPath(relative(dir, path)).replace(/\.[^.]+$/, "");
}

/** Returns `http.js` and the modules that it reaches through imports of these kinds: source text by name. */
function graphOf(
  { outputFiles, metafile }: BuildResult<{ write: false; metafile: true }>,
  kinds: readonly string[],
): Map<string, string> {
  const sources = new Map(outputFiles.map(({ path, text }) => [posixPath(relative("out", path)), text]));
  const modules = new Map<string, string>();
  const pending = [ENTRY];
  for (const name of pending) {
    const source = sources.get(name);
    const output = metafile.outputs[`out/${name}`];
    if (source === undefined || output === undefined) throw new Error(`The bundle does not contain ${name}`);
    if (modules.has(name)) continue;
    modules.set(name, source);
    for (const { kind, path } of output.imports) {
      if (kinds.includes(kind)) pending.push(posix.relative("out", path));
    }
  }
  return modules;
}

/** Joins the modules into one script. This second bundling changes nothing else. */
async function asScript(modules: Map<string, string>): Promise<string> {
  const graph: Plugin = {
    name: "graph",
    setup(joined) {
      joined.onResolve({ filter: /.*/ }, ({ path, importer }) => ({
        path: posix.join(posix.dirname(importer), path),
        namespace: "graph",
      }));
      joined.onLoad({ filter: /.*/, namespace: "graph" }, ({ path }) => ({
        contents: modules.get(path) ?? "",
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    format: "iife",
    globalName: "http",
    footer: { js: "http;" },
    target: "esnext",
    treeShaking: false,
    write: false,
    logLevel: "warning",
    plugins: [graph],
  });
  return outputFiles.map(({ text }) => text).join("");
}

function posixPath(path: string): string {
  return path.replaceAll("\\", "/");
}
