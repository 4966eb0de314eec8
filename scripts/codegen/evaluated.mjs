/** Evaluates the code of a push in this process, to find its component definitions and functions. */

/** Returns the definitions of the app and of its components, by path. */
export async function definitionsOf(specs, scratch) {
  const definitions = new Map();
  for (const path of specs.keys()) await define(path, specs, definitions, scratch);
  return definitions;
}

/** Evaluates a definition after the definitions that it mounts, because it needs their default names. */
async function define(path, specs, definitions, scratch) {
  if (definitions.has(path)) return;
  const spec = specs.get(path);
  for (const dependency of spec.dependencies) await define(dependency, specs, definitions, scratch);
  for (const dependency of spec.dependencies) {
    const handle = { componentDefinitionPath: dependency, defaultName: definitions.get(dependency)._name };
    const file = `_componentDeps/${Buffer.from(dependency).toString("base64url")}.js`;
    scratch.write(path, "definition", file, `export default ${JSON.stringify(handle)};`);
  }
  const source = spec.definition.source.replaceAll(/\.\/_componentDeps\/[\w-]+/g, "$&.js");
  const file = scratch.write(path, "definition", "definition.js", source);
  definitions.set(path, (await scratch.load(file)).default);
}

/** Returns the functions of a component's modules, as a deployment does. */
export async function functionsOf(path, spec, scratch) {
  const modules = (spec.functions ?? spec.changedModules).filter(
    ({ environment }) => environment === "isolate",
  );
  const files = modules.map((module) => [
    module.path,
    scratch.write(path, "functions", module.path, module.source),
  ]);
  const functions = {};
  for (const [name, file] of files) {
    if (name.startsWith("_deps/")) continue;
    const found = Object.entries(await scratch.load(file)).flatMap(([exported, value]) =>
      functionOf(exported, value),
    );
    functions[name] = { functions: found, httpRoutes: null, cronSpecs: null, sourceMapped: null };
  }
  return functions;
}

function functionOf(name, value) {
  if (typeof value !== "function") return [];
  const udfType = ["Query", "Mutation", "Action"].find((type) => value[`is${type}`]);
  if (udfType === undefined || value.exportArgs === undefined) return [];
  const visibility = value.isPublic ? { kind: "public" } : value.isInternal ? { kind: "internal" } : null;
  const returns = value.exportReturns();
  return [
    {
      name,
      pos: null,
      udfType,
      visibility,
      args: value.exportArgs(),
      returns: returns === "null" ? null : returns,
    },
  ];
}

/** Returns a component's schema as JSON, or null if it has none. */
export async function schemaOf(path, { schema }, scratch) {
  if (schema === null) return null;
  const file = scratch.write(path, "schema", "schema.js", schema.source);
  const { default: definition } = await scratch.load(file);
  return JSON.parse(definition.export());
}
