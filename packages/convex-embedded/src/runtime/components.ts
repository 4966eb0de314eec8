/** Bundles a whole project, the app and its components, with esbuild and loads it into this process. */
import { join } from "node:path";
import type { Metafile } from "esbuild";
import type { Bundle } from "./bundle";
import { bundleFunctions, bundleProject } from "./bundle";
import { cacheFile, readCache, writeCache } from "./bundleCache";
import { inputsOf } from "./bundleInputs";
import type { Definition } from "./componentConfig";
import { bundleConfig } from "./componentConfig";
import { functionsFolder } from "./convexJson";
import type { NodeBundle } from "./nodeBundle";
import { bundleNodeModules } from "./nodeBundle";
import type { Component, Components } from "../exec/components";
import { Modules } from "../exec/modules";
import type { Mount } from "./mounts";
import { appOnly, mountTree } from "./mounts";
import type { RealmOptions } from "./realm";
import { createRealm, evaluate } from "./realm";
import { withSourcePosition, stackMapper } from "./stack";

/** All scripts of a project. */
export interface ProjectBundle {
  /** The definitions of the app and its components, `null` without a `convex.config.ts`. */
  readonly config: Bundle | null;
  /** The bundles by definition path. The app's path is `""`. */
  readonly functions: ReadonlyMap<string, Bundle>;
  /** The app's `"use node"` files, `null` if it has none. */
  readonly node: NodeBundle | null;
  readonly warnings: readonly string[];
}

/**
 * Bundles the app and all components, or returns the cached result of an earlier build of the same files.
 *
 * @param project The absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export async function bundleComponents(project: string): Promise<ProjectBundle> {
  const cache = cacheFile(project);
  const cached = cache && readCache(cache, project);
  if (cached) return cached;
  const startedAt = Date.now();
  const metafiles: Metafile[] = [];
  const roots = [functionsFolder(project)];
  const report = (metafile: Metafile): void => void metafiles.push(metafile);
  const bundling = new Map<string, Promise<Bundle>>();
  const begin = (definition: string, bundle: Promise<Bundle>): void => {
    // If two bundles fail, only the first error is awaited. Mark the other error as handled.
    bundle.catch(() => undefined);
    bundling.set(definition, bundle);
  };
  begin("", bundleProject(project, report));
  const found = (definition: string, directory: string): void => {
    roots.push(directory);
    begin(definition, bundleFunctions(project, directory, report));
  };
  const bundlingNode = bundleNodeModules(project, report);
  bundlingNode.catch(() => undefined);
  const config = await bundleConfig(project, found, report);
  const functions = new Map<string, Bundle>();
  for (const [definition, bundle] of bundling) functions.set(definition, await bundle);
  const scripts = { config, functions, node: await bundlingNode };
  const built = { ...scripts, warnings: allScripts(scripts).flatMap(({ warnings }) => warnings) };
  if (cache) writeCache(cache, built, () => inputsOf(project, roots, metafiles), startedAt);
  return built;
}

/** Returns all scripts of a project. */
function allScripts({ config, functions, node }: Omit<ProjectBundle, "warnings">): Bundle[] {
  return [...functions.values(), ...[config, node].filter((bundle) => bundle !== null)];
}

/**
 * Creates a realm for each mounted component. Evaluates definitions, but not yet functions.
 *
 * A component that is mounted twice gets two realms. Its modules have their own state and `process.env` in each.
 *
 * @param given `env` is the app's environment. A component sees only the variables that its parent binds.
 * @throws ComponentError, or the error of a `convex.config.ts`.
 */
export function loadComponents(bundle: ProjectBundle, given: Omit<RealmOptions, "mapStack">): Components {
  return loadProject(bundle, given).components;
}

/** A project whose definitions are evaluated. */
export interface LoadedProject {
  readonly components: Components;
  /** The app and its components, parents before their children. */
  readonly mounts: readonly Mount[];
  /** The definitions by path. Empty without a `convex.config.ts`. */
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Returns the modules of a definition, mounted or not. */
  readonly modulesOf: (definition: string) => Modules;
}

/** Does the same as `loadComponents`, and returns the definitions as well. */
export function loadProject(bundle: ProjectBundle, given: Omit<RealmOptions, "mapStack">): LoadedProject {
  const { config, functions } = bundle;
  const mapStack = stackMapper(allScripts(bundle));
  const options = { ...given, mapStack };
  const definitions = config === null ? new Map<string, Definition>() : definitionsOf(config, options);
  const mounts = config === null ? appOnly(options.env) : mountTree(definitions, options.env);
  const modulesIn = ({ path, definition, env }: Pick<Mount, "path" | "definition" | "env">): Modules => {
    const script = functions.get(definition);
    if (script === undefined) throw new Error(`${join("convex", definition)} is not bundled`);
    const node = definition === "" ? bundle.node : null;
    return new Modules(createRealm(script, { ...options, env }, node), path);
  };
  const components = new Map<string, Component>();
  for (const mount of mounts) {
    const { path, children, http } = mount;
    components.set(path, { path, children, http, modules: modulesIn(mount) });
  }
  for (const { http } of mounts) {
    for (const [prefix, path] of http.mounts) {
      if (components.get(path)?.modules.has("http") === true) continue;
      throw new Error(`The HTTP mount ${prefix} is invalid: the component ${path} has no http.ts.`);
    }
  }
  const modulesOf = (definition: string): Modules => {
    const mount = mounts.find((candidate) => candidate.definition === definition);
    const mounted = mount && components.get(mount.path);
    return mounted?.modules ?? modulesIn({ path: definition, definition, env: new Map() });
  };
  return { components, mounts, definitions, modulesOf };
}

function definitionsOf(config: Bundle, options: RealmOptions): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  const take = (path: string, definition: unknown): void => {
    if (!isDefinition(definition)) {
      const file = join("convex", path, "convex.config");
      throw new Error(`The default export of ${file} is not what defineApp or defineComponent returns.`);
    }
    definitions.set(path, definition.export());
  };
  try {
    evaluate(config, options, { __component: take });
  } catch (error) {
    throw withSourcePosition(error, options.mapStack);
  }
  return definitions;
}

function isDefinition(value: unknown): value is { export(): Definition } {
  return (
    typeof value === "object" && value !== null && "export" in value && typeof value.export === "function"
  );
}
