/**
 * The components of a project: what `convex.config.ts` mounts, and what its components mount in turn.
 *
 * As with Convex's CLI (`cli/lib/components/definition/bundle.ts`), code that imports a component's `convex.config`
 * gets `{ componentDefinitionPath, defaultName }` in its place. Here all definitions are bundled at once and evaluate
 * in the order of their imports, so that the default names are known.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Plugin } from "esbuild";
import type { Bundle } from "./bundle";
import { bundleScript } from "./bundle";

/**
 * Told of each component as soon as it is found, so that its functions can be bundled meanwhile.
 *
 * @param definition the path of its definition. @param directory its folder, absolute.
 */
type Found = (definition: string, directory: string) => void;

/** The value of a component's environment variable: given in its parent's config, or one of the parent's own. */
export type EnvBinding =
  { readonly type: "value"; readonly value: string } | { readonly type: "envVar"; readonly name: string };

/** What `export()` of `defineApp` and `defineComponent` gives, as far as it is read here. */
export interface Definition {
  readonly childComponents: readonly {
    readonly name: string;
    /** The path of the child's definition. */
    readonly path: string;
    readonly env: readonly (readonly [name: string, binding: EnvBinding])[] | null;
  }[];
  /** Children whose HTTP routes are served, by prefix. */
  readonly httpMounts: Readonly<Record<string, string>>;
  /** The prefix of the app's own HTTP routes. */
  readonly httpPrefix?: string;
  /** The declared environment variables; `value` is the validator's JSON text. */
  readonly envVars?: readonly (readonly [
    name: string,
    declared: { readonly value: string; readonly optional?: boolean },
  ])[];
}

const FILES = ["convex.config.ts", "convex.config.js"];

/** The definition's file in a folder, `null` if the folder is no component. */
function configFile(directory: string): string | null {
  return FILES.map((file) => join(directory, file)).find((file) => existsSync(file)) ?? null;
}

/**
 * Bundles the definitions of a project; `null` if it has no `convex.config.ts`.
 *
 * The script calls `__component(path, definition)` for each, the app last, with the path of its definition: the folder,
 * relative to `convex/`, so `""` for the app and `../node_modules/@convex-dev/rate-limiter/dist/component`.
 *
 * @throws BundleError
 */
export async function bundleConfig(project: string, found: Found): Promise<Bundle | null> {
  const directory = join(project, "convex");
  const file = configFile(directory);
  if (file === null) return null;
  return await bundleScript({
    project,
    directory,
    contents: `import ${JSON.stringify(file)};`,
    plugins: [definitions(directory, found)],
  });
}

/** Puts a component's handle in the place of its config. */
function definitions(root: string, found: Found): Plugin {
  const namespace = "component-definition";
  return {
    name: "convex-component-definitions",
    setup(build) {
      build.onResolve({ filter: /convex\.config/ }, async (args) => {
        // What the handle imports is the definition itself, and `build.resolve` below has no namespace.
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
        const text = JSON.stringify(definition);
        return {
          contents:
            `import definition from ${JSON.stringify(path)};\n` +
            `__component(${text}, definition);\n` +
            `export default { componentDefinitionPath: ${text}, defaultName: definition?._name };`,
          resolveDir: directory,
        };
      });
    },
  };
}

/** TypeScript sources are imported as `.js`, and config files also without an extension. */
function candidates(path: string): string[] {
  if (path.endsWith(".js")) return [path, `${path.slice(0, -3)}.ts`];
  return path.endsWith(".ts") ? [path] : [path, `${path}.js`, `${path}.ts`];
}
