/**
 * The components of a project: those that `convex.config.ts` mounts, and those that they mount in turn.
 *
 * As in Convex's CLI (`cli/lib/components/definition/bundle.ts`), code that imports a component's `convex.config` gets
 * `{ componentDefinitionPath, defaultName }` instead. Here all definitions are bundled into one script and evaluated in import
 * order, so that default names are known.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Plugin } from "esbuild";
import type { Bundle, Report } from "./bundle";
import { bundleScript } from "./bundle";
import { functionsFolder } from "./convexJson";

/**
 * Called for each component as soon as it is found, so that its functions can be bundled at the same time.
 *
 * @param definition The path of its definition. @param directory The absolute path of its folder.
 */
type Found = (definition: string, directory: string) => void;

/** The value of a component's environment variable: a constant in its parent's config, or a variable of the parent. */
export type EnvBinding =
  { readonly type: "value"; readonly value: string } | { readonly type: "envVar"; readonly name: string };

/** The result of `export()` of `defineApp` and `defineComponent`. Contains only the fields that are used here. */
export interface Definition {
  readonly childComponents: readonly {
    readonly name: string;
    /** The path of the child's definition. */
    readonly path: string;
    readonly env: readonly (readonly [name: string, binding: EnvBinding])[] | null;
  }[];
  /** The children whose HTTP routes are served, by prefix. */
  readonly httpMounts: Readonly<Record<string, string>>;
  /** The prefix of the app's own HTTP routes. */
  readonly httpPrefix?: string;
  /** The declared environment variables. `value` is the validator's JSON text. */
  readonly envVars?: readonly (readonly [
    name: string,
    declared: { readonly value: string; readonly optional?: boolean },
  ])[];
}

const FILES = ["convex.config.ts", "convex.config.js"];

/** Returns the path of a folder's definition file, `null` if the folder is not a component. */
function configFile(directory: string): string | null {
  return FILES.map((file) => join(directory, file)).find((file) => existsSync(file)) ?? null;
}

/**
 * Bundles the definitions of a project. Returns `null` if the project does not have a `convex.config.ts`.
 *
 * The script calls `__component(path, definition)` for each definition, the app last. The path is the definition's folder
 * relative to the app's: `""` for the app, `../node_modules/@convex-dev/rate-limiter/dist/component`.
 *
 * @throws BundleError
 */
export async function bundleConfig(project: string, found: Found, report?: Report): Promise<Bundle | null> {
  const directory = functionsFolder(project);
  const file = configFile(directory);
  if (file === null) return null;
  return await bundleScript({
    project,
    directory,
    contents: `import ${JSON.stringify(file)};`,
    plugins: [definitions(directory, found)],
    report,
  });
}

/** Replaces imports of a component's config with the component's handle. */
function definitions(root: string, found: Found): Plugin {
  const namespace = "component-definition";
  return {
    name: "convex-component-definitions",
    setup(build) {
      build.onResolve({ filter: /convex\.config/ }, async (args) => {
        // Skip imports of the handle, which need the definition itself, and imports of `build.resolve` below, which have no
        // namespace.
        if (args.namespace !== "file") return undefined;
        for (const path of candidates(args.path)) {
          const resolved = await build.resolve(path, { kind: args.kind, resolveDir: args.resolveDir });
          if (resolved.path !== "" && configFile(dirname(resolved.path)) !== null) {
            return { path: resolved.path, namespace };
          }
        }
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const directory = dirname(path);
        const definition = relative(root, directory).split(sep).join("/");
        if (definition !== "") found(definition, directory);
        return { contents: handleText(definition, path), resolveDir: directory };
      });
    },
  };
}

/** Returns the text of the module that code gets instead of a component's config. @param file the config. */
export function handleText(definition: string, file: string): string {
  const text = JSON.stringify(definition);
  return (
    `import definition from ${JSON.stringify(file)};\n` +
    `__component(${text}, definition);\n` +
    `export default { componentDefinitionPath: ${text}, defaultName: definition?._name };`
  );
}

/** Returns the paths that an import may mean: TypeScript sources are imported as `.js`, configs also without an extension. */
function candidates(path: string): string[] {
  if (path.endsWith(".js")) return [path, `${path.slice(0, -3)}.ts`];
  return path.endsWith(".ts") ? [path] : [path, `${path}.js`, `${path}.ts`];
}
