/** The modules that the bundle of a project's `"use node"` files does not contain: those of Node, and external packages. */
import { isBuiltin } from "node:module";
import { join } from "node:path";
import type { OnResolveArgs, Plugin } from "esbuild";
import { convexJson, readJson } from "./convexJson";

/** The function of the scope that loads external modules. */
export const NODE_REQUIRE = "__nodeRequire";

/** Package versions that Convex's CLI bundles instead (`shouldMarkExternal` in `bundler/external.ts`). */
const BUNDLED_VERSION = /^(file:|https?:|git:|git\+(file|ssh|http|https):)/;

const DEPENDENCIES = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

/**
 * Makes imports of Node's modules and of external packages calls of `NODE_REQUIRE`. A script cannot contain import statements.
 *
 * @param isExternal Decides about the imports of packages.
 */
export function nodeExternals(isExternal: (args: OnResolveArgs) => boolean): Plugin {
  const namespace = "node-external";
  return {
    name: "convex-node-externals",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, (args) => {
        if (args.kind === "entry-point" || args.kind === "require-resolve") return undefined;
        return isBuiltin(args.path) || isExternal(args) ? { path: args.path, namespace } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: `module.exports = ${NODE_REQUIRE}(${JSON.stringify(path)});`,
        loader: "js",
      }));
    },
  };
}

/**
 * Returns the rule of `node.externalPackages` in `convex.json`, as Convex's CLI applies it.
 *
 * @param project The absolute path of the project.
 * @throws Error if `convex.json` or `package.json` is not valid JSON.
 */
export function externalPackages(project: string): (args: OnResolveArgs) => boolean {
  const listed = convexJson(project).node?.externalPackages ?? [];
  if (listed.length === 0) return () => false;
  const manifest = readJson(join(project, "package.json")) as Record<string, Record<string, string>>;
  const external = new Set<string>();
  const seen = new Set<string>();
  for (const [name, version] of DEPENDENCIES.flatMap((key) => Object.entries(manifest[key] ?? {}))) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (name === "convex" || name === "server-only" || BUNDLED_VERSION.test(version)) continue;
    if (listed.includes(name) || listed.includes("*")) external.add(name);
  }
  return ({ path }) => external.has(packageOf(path));
}

/** `@scope/name/file` becomes `@scope/name`. */
function packageOf(path: string): string {
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
}
