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
  /** The names of these modules. */
  atStart: string[];
  /**
   * The same code as classic scripts, which can be compiled from V8's code cache with their functions. The script of `http.js`
   * contains its static imports. Each other module is a script of its own.
   */
  scripts: Map<string, Script>;
};

type Script = {
  /** Its value is the namespace of the module. `IMPORTED` and `IMPORT` are its only free names beside web globals. */
  source: string;
  /** The modules that must run before it. */
  imports: string[];
};

/** The global of a script that holds the namespaces of the modules that have run, by name. */
export const IMPORTED = "imported";
/** The global function of a script that replaces `import()`, with the name of the module. */
export const IMPORT = "importModule";

/** Bundles the functions in `dir` with the file `http` instead of `http.ts`. @returns the modules that `http.js` needs. */
export async function bundleHttp(dir: string, http: string): Promise<Graph> {
  const entries = entryPoints(dir).map((path) => {
    const out = moduleName(dir, path);
    return { in: out === "http" ? http : path, out };
  });
  const bundled = await bundle(dir, entries, "warning");
  const modules = graphOf(bundled, ["import-statement", "dynamic-import"]);
  const evaluated = graphOf(bundled, ["import-statement"]);
  const atStart = [...evaluated.keys()];
  return {
    modules,
    bytes: bytesOf(evaluated),
    atStart,
    scripts: await asScripts(modules, evaluated, bundled),
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

/** Turns the modules into scripts. This second bundling changes nothing else. */
async function asScripts(
  modules: ReadonlyMap<string, string>,
  evaluated: ReadonlyMap<string, string>,
  { metafile }: BuildResult<{ write: false; metafile: true }>,
): Promise<Map<string, Script>> {
  const outputOf = (name: string) => {
    const output = metafile.outputs[`out/${name}`];
    if (output === undefined) throw new Error(`The bundle does not contain ${name}`);
    return output;
  };
  const staticImportsOf = (name: string): string[] =>
    outputOf(name).imports.flatMap(({ kind, path }) =>
      kind === "import-statement" ? [posix.relative("out", path)] : [],
    );
  const onDemand = [...modules.keys()].filter((name) => !evaluated.has(name));
  const shared = new Set(onDemand.flatMap(staticImportsOf).filter((name) => evaluated.has(name)));
  /** Reads the exports of a module that has already run. */
  const reExports = (name: string): string =>
    outputOf(name)
      .exports.map(
        (exported, at) =>
          `const x${at} = ${IMPORTED}[${JSON.stringify(name)}].${exported}; export { x${at} as ${exported} };`,
      )
      .join("\n");
  const main = [
    ...[...shared].map((name, at) => `import * as m${at} from ${JSON.stringify(name)};`),
    `export { default } from ${JSON.stringify(ENTRY)};`,
    ...[...shared].map((name, at) => `${IMPORTED}[${JSON.stringify(name)}] = m${at};`),
  ].join("\n");
  const scripts = new Map<string, Script>();
  scripts.set(ENTRY, {
    source: await asScript("main", (path) => (path === "main" ? main : (modules.get(path) ?? ""))),
    imports: [],
  });
  for (const entry of onDemand) {
    const read = (path: string) => (path === entry ? (modules.get(path) ?? "") : reExports(path));
    scripts.set(entry, {
      source: await asScript(entry, read),
      imports: staticImportsOf(entry).filter((name) => !evaluated.has(name)),
    });
  }
  return scripts;
}

async function asScript(entry: string, read: (name: string) => string): Promise<string> {
  const graph: Plugin = {
    name: "graph",
    setup(joined) {
      joined.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        const name = path.startsWith(".") ? posix.join(posix.dirname(importer), path) : path;
        return kind === "dynamic-import"
          ? { path: name, external: true }
          : { path: name, namespace: "graph" };
      });
      joined.onLoad({ filter: /.*/, namespace: "graph" }, ({ path }) => ({ contents: read(path) }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    globalName: "namespace",
    footer: { js: "namespace;" },
    target: "esnext",
    treeShaking: false,
    write: false,
    logLevel: "warning",
    plugins: [graph],
  });
  return outputFiles.map(({ text }) => text.replaceAll(/\bimport\("/g, `${IMPORT}("`)).join("");
}

function posixPath(path: string): string {
  return path.replaceAll("\\", "/");
}
