import { convexJson } from "./convexJson.mjs";
import { definitionsOf, functionsOf, schemaOf } from "./evaluated.mjs";

/** Returns the answer to a push: the parts that code is generated from (`cli/lib/deployApi/startPush.ts` in `convex`). */
export async function startPush({ appDefinition, componentDefinitions }, { project, scratch }) {
  const specs = new Map([
    ["", appDefinition],
    ...componentDefinitions.map((spec) => [spec.definitionPath, spec]),
  ]);
  const definitions = await definitionsOf(specs, scratch);

  const analysis = {};
  for (const [path, spec] of specs) {
    const functions = path === "" && !isStatic(project) ? {} : await functionsOf(path, spec, scratch);
    const { name, definitionType, ...definition } = definitions.get(path).export();
    analysis[path] = {
      definition: {
        ...definition,
        path,
        definitionType: definitionType.type === "app" ? definitionType : { type: "childComponent", name },
        exports: exportsOf(functions),
      },
      schema: await schemaOf(path, spec, scratch),
      functions,
      udfConfig: {
        serverVersion: spec.udfServerVersion,
        importPhaseRngSeed: null,
        importPhaseUnixTimestamp: null,
      },
    };
  }
  return {
    environmentVariables: {},
    externalDepsId: null,
    componentDefinitionPackages: {},
    appAuth: [],
    analysis,
    app: {
      ...{ definitionPath: "", componentPath: "", args: {}, childComponents: {}, exports: {} },
      httpRoutes: { httpModuleRoutes: null, mounts: [] },
    },
    schemaChange: { allocatedComponentIds: {}, schemaIds: {} },
  };
}

/** Returns a component's public functions, which its parent may call, as a tree of module paths. */
function exportsOf(functions) {
  const root = { type: "branch", branch: [] };
  for (const [module, { functions: found }] of Object.entries(functions)) {
    const path = module.replace(/\.js$/, "");
    for (const { name } of found.filter(({ visibility }) => visibility?.kind === "public")) {
      let { branch } = root;
      for (const part of path.split("/")) {
        let next = branch.find(([known]) => known === part)?.[1];
        if (next === undefined) branch.push([part, (next = { type: "branch", branch: [] })]);
        branch = next.branch;
      }
      branch.push([name, { type: "leaf", leaf: `_reference/function/${path}:${name}` }]);
    }
  }
  return root;
}

/** Returns true if `convex.json` sets `staticApi`, which generates types from the app's evaluated functions. */
const isStatic = (project) => convexJson(project).codegen?.staticApi === true;
