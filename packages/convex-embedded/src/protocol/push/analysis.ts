/**
 * Describes a pushed project as the command line needs it for generated code (`StartPushResponse` in
 * `cli/lib/deployApi/startPush.ts` of the `convex` package, `crates/model/src/components` of the backend).
 */
import type { Provider } from "../../auth/authProviders";
import type { LoadedFunction } from "../../exec/loadedFunction";
import type { Modules } from "../../exec/modules";
import type { LoadedProject } from "../../runtime/components";
import type { PushedComponent, PushedProject } from "../../runtime/pushedProject";

/** A component's public functions as a tree of names. */
type Exports = { type: "branch"; branch: [string, Exports][] } | { type: "leaf"; leaf: string };

/** Describes the definitions of the app and of all components, mounted or not, by path. */
export async function analysisOf(
  { components, version }: PushedProject,
  loaded: LoadedProject,
): Promise<Record<string, unknown>> {
  const analysis: Record<string, unknown> = {};
  for (const component of components) {
    const modules = loaded.modulesOf(component.definition);
    const functions = await modules.functions();
    const { definition } = component;
    const exported = loaded.definitions.get(definition);
    analysis[definition] = {
      definition: {
        definitionType: { type: "app" },
        childComponents: [],
        httpMounts: {},
        ...exported,
        path: definition,
        exports: exportsOf(functions),
      },
      schema: await modules.schema(),
      functions: modulesOf(component, modules, functions),
      udfConfig: { serverVersion: version, importPhaseRngSeed: null, importPhaseUnixTimestamp: null },
    };
  }
  return analysis;
}

function modulesOf(
  component: PushedComponent,
  modules: Modules,
  functions: readonly LoadedFunction[],
): object {
  const analyzed: Record<
    string,
    { functions: object[]; httpRoutes: null; cronSpecs: null; sourceMapped: null }
  > = {};
  for (const { path } of component.modules) {
    if (!modules.has(path.replace(/\.js$/, ""))) continue;
    analyzed[path] = { functions: [], httpRoutes: null, cronSpecs: null, sourceMapped: null };
  }
  for (const { path, kind, visibility, args, returns } of functions) {
    const [module = "", name = ""] = path.split(":");
    analyzed[`${module}.js`]?.functions.push({
      name,
      pos: null,
      udfType: kind.charAt(0).toUpperCase() + kind.slice(1),
      visibility: { kind: visibility },
      args: JSON.stringify(args),
      returns: returns && JSON.stringify(returns),
    });
  }
  return analyzed;
}

/** `lib:add` becomes `lib`, a branch with the leaf `add`. */
function exportsOf(functions: readonly LoadedFunction[]): Exports {
  const root: Exports & { type: "branch" } = { type: "branch", branch: [] };
  for (const { path, visibility } of functions) {
    if (visibility !== "public") continue;
    const [module = "", name = ""] = path.split(":");
    let branch = root.branch;
    for (const part of module.split("/")) branch = branchAt(branch, part);
    branch.push([name, { type: "leaf", leaf: `_reference/function/${module}.js:${name}` }]);
  }
  return root;
}

function branchAt(branch: [string, Exports][], name: string): [string, Exports][] {
  const existing = branch.find(([known]) => known === name)?.[1];
  if (existing?.type === "branch") return existing.branch;
  const created: Exports = { type: "branch", branch: [] };
  branch.push([name, created]);
  return created.branch;
}

/** Describes the mounted components as a tree with the app at its root. */
export function componentTree({ mounts }: Pick<LoadedProject, "mounts">, path = ""): object {
  const mount = mounts.find((candidate) => candidate.path === path);
  const children = [...(mount?.children ?? [])];
  return {
    definitionPath: mount?.definition ?? "",
    componentPath: path,
    args: {},
    childComponents: Object.fromEntries(
      children.map(([name, child]) => [name, componentTree({ mounts }, child)]),
    ),
    httpRoutes: { httpModuleRoutes: null, mounts: [] },
    exports: {},
  };
}

/** Describes an identity provider. */
export function authInfo(provider: Provider): object {
  if (provider.type === "oidc") return { applicationID: provider.applicationID, domain: provider.issuer };
  const { type, applicationID, issuer, jwks, algorithm } = provider;
  return { type, applicationID, issuer, jwks, algorithm };
}
