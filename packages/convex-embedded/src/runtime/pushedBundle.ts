/**
 * Bundles pushed modules into the scripts that this runtime evaluates.
 *
 * The command line has bundled them for a module loader: one file per module and shared chunks. esbuild joins these files to one
 * script per component, and follows their source maps back to the developer's files.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import type { Bundle, Source } from "./bundle";
import { bundleScript, registration } from "./bundle";
import { handleText } from "./componentConfig";
import type { ProjectBundle } from "./components";
import { functionsFolder } from "./convexJson";
import type { NodeBundle } from "./nodeBundle";
import { nodeExternals } from "./nodeExternals";
import { withReportedNames } from "./pushedLibrary";
import type { PushedComponent, PushedModule, PushedProject } from "./pushedProject";

/** Where this runtime's own imports of `convex` are resolved. */
const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** The prefix of the command line's imports of other definitions, before their path in base64. */
const DEFINITION_IMPORT = "./_componentDeps/";

/**
 * Bundles a pushed project. Reads none of the server's files except its own copy of `convex`.
 *
 * @param project The absolute path of the server's project, to which positions in stack traces are relative.
 * @throws BundleError
 */
export async function bundlePushed(project: string, { components }: PushedProject): Promise<ProjectBundle> {
  const config = await bundleConfigs(project, components);
  const functions = new Map<string, Bundle>();
  for (const component of components) {
    functions.set(component.definition, await bundleComponent(project, component));
  }
  return { config, functions, node: await bundleNode(project, components[0]?.modules ?? []), warnings: [] };
}

/** Bundles the app's `"use node"` files. External packages come from the server's own `node_modules`. */
async function bundleNode(project: string, modules: readonly PushedModule[]): Promise<NodeBundle | null> {
  const inNode = modules.filter(({ environment }) => environment === "node");
  if (inNode.length === 0) return null;
  // A pushed module names packages only if they are external: the command line has bundled the others.
  const external = nodeExternals(({ importer, path }) => importer !== "" && !path.startsWith("convex/"));
  const bundle = await bundleModules(project, inNode, { plugins: [external], platform: "node" });
  return { ...bundle, folder: functionsFolder(project) };
}

function bundleComponent(project: string, { schema, modules }: PushedComponent): Promise<Bundle> {
  const own = modules.filter(({ environment }) => environment !== "node");
  return bundleModules(project, schema === null ? own : [...own, { ...schema, path: "schema.js" }]);
}

async function bundleModules(
  project: string,
  all: readonly PushedModule[],
  { plugins = [], platform = "browser" }: Pick<Source, "plugins" | "platform"> = {},
): Promise<Bundle> {
  // The folder to which the command line's source maps are relative.
  const directory = join(project, "out");
  const entries = all.filter(({ path }) => !path.startsWith("_deps/"));
  const bundle = await bundleScript({
    project,
    directory,
    contents: registration(entries.map(({ path }) => [path.replace(/\.js$/, ""), path])),
    platform,
    plugins: [
      ...plugins,
      pushedFiles(new Map(all.map((module) => [join(directory, module.path), reporting(module)]))),
    ],
  });
  return { ...bundle, pushed: true };
}

function reporting(module: PushedModule): PushedModule {
  return { ...module, source: withReportedNames(module.source) };
}

/** Bundles the `convex.config.js` of all components. */
async function bundleConfigs(
  project: string,
  components: readonly PushedComponent[],
): Promise<Bundle | null> {
  const root = functionsFolder(project);
  const files = new Map<string, PushedModule>();
  for (const { definition, config } of components) {
    if (config !== null) files.set(configFile(root, definition), config);
  }
  if (!files.has(configFile(root, ""))) return null;
  return await bundleScript({
    project,
    directory: root,
    contents: `import ${JSON.stringify(DEFINITION_IMPORT)};`,
    plugins: [definitionImports(root), pushedFiles(files)],
  });
}

function configFile(root: string, definition: string): string {
  return join(root, definition, "convex.config.js");
}

/** Replaces imports of definitions with handles, as `componentConfig.ts` does. */
function definitionImports(root: string): Plugin {
  const namespace = "pushed-definition";
  return {
    name: "convex-pushed-definitions",
    setup(build) {
      build.onResolve({ filter: /^\.\/_componentDeps\// }, ({ path }) => ({
        // The app's path is empty, which esbuild would not accept.
        path: `/${Buffer.from(path.slice(DEFINITION_IMPORT.length), "base64url").toString()}`,
        namespace,
      }));
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const definition = path.slice(1);
        return { contents: handleText(definition, configFile(root, definition)), resolveDir: root };
      });
    },
  };
}

/** Provides pushed modules at absolute paths. A pushed module can import other pushed modules only. */
function pushedFiles(files: ReadonlyMap<string, PushedModule>): Plugin {
  return {
    name: "convex-pushed-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === OWN_FOLDER) return undefined;
        const file = resolve(resolveDir, path);
        if (files.has(file)) return { path: file };
        if (files.has(importer)) return { errors: [{ text: `Could not resolve "${path}"` }] };
        // The script's own imports of the library.
        if (/^convex\//.test(path))
          return build.resolve(path, { kind, resolveDir: OWN_FOLDER, pluginData: OWN_FOLDER });
        return undefined;
      });
      build.onLoad({ filter: /.*/ }, ({ path }) => {
        const module = files.get(path);
        return module === undefined ? undefined : { contents: contentsOf(module), loader: "js" };
      });
    },
  };
}

/** Returns a module's text with its source map as a data URL. */
function contentsOf({ source, sourceMap }: PushedModule): string {
  const code = source.replace(/^\/\/# sourceMappingURL=.*$/gm, "");
  if (sourceMap === null) return code;
  const map = Buffer.from(sourceMap).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
}
