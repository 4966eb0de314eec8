/**
 * Writes `convex/_generated/` as the official CLI writes it for a deployment, without one: `node scripts/codegen.mjs [DIR]`.
 *
 * `convex codegen` asks a deployment to analyze the code before it writes types. Here that is a server of this process,
 * which answers the two requests it needs and evaluates what they contain: component definitions, and the functions of
 * components whose sources are in the project. The app's own functions are not evaluated; their types come from their
 * sources. Nothing leaves the machine, and the same sources give the same files.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const project = resolve(process.argv[2] ?? ".");
const scratch = mkdtempSync(join(tmpdir(), "convex-codegen-"));
const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body)),
    (error) => {
      // The CLI repeats requests that fail with a 5xx.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "CodegenFailed", message }));
    },
  );
});
try {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const before = generated();
  process.exitCode = await runCli(`http://127.0.0.1:${server.address().port}`);
  if (process.exitCode === 0) console.log(outcome(before, generated()));
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
}

/** What is generated below `convex/`, components' too: texts by path. */
function generated() {
  const files = readdirSync(join(project, "convex"), { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(project, join(parentPath, name)).split(sep).join("/"))
    .filter((path) => path.includes("/_generated/"));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(project, path), "utf8")]));
}

/** What has become of it, in a line. */
function outcome(before, after) {
  const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
  if (changed.length === 0) return "convex/_generated is as it was";
  return before.size === 0 ? "convex/_generated is new" : `has changed: ${changed.join(", ")}`;
}

/** Runs the official command; resolves with its exit code. Its output is shown only if it fails. */
function runCli(url) {
  const require = createRequire(join(project, "package.json"));
  const main = join(dirname(require.resolve("convex/package.json")), "bin", "main.js");
  const options = ["--url", url, "--admin-key", "codegen", "--typecheck", "disable"];
  const cli = spawn(process.execPath, [main, "codegen", ...options], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1" },
  });
  let output = "";
  cli.stdout.on("data", (chunk) => (output += chunk));
  cli.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((done, fail) => {
    cli.on("error", fail);
    cli.on("close", (code) => {
      if (code !== 0) process.stderr.write(output);
      done(code ?? 1);
    });
  });
}

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = (
    request.headers["content-encoding"] === "br" ? brotliDecompressSync(bytes) : bytes
  ).toString();
  switch (request.url) {
    case "/api/get_config_hashes":
      return { config: { functions: "convex/" }, moduleHashes: [], nodeDependencies: [] };
    case "/api/deploy2/start_push":
      return startPush(JSON.parse(text));
    default:
      throw new Error(
        `codegen needs ${request.method} ${request.url}, which scripts/codegen.mjs does not answer`,
      );
  }
}

/** The answer to a push, as far as code is generated from it (`cli/lib/deployApi/startPush.ts` in `convex`). */
async function startPush({ appDefinition, componentDefinitions }) {
  const specs = new Map([
    ["", appDefinition],
    ...componentDefinitions.map((spec) => [spec.definitionPath, spec]),
  ]);
  const definitions = new Map();
  for (const path of specs.keys()) await define(path, specs, definitions);

  const analysis = {};
  for (const [path, spec] of specs) {
    const functions = path === "" && !isStatic() ? {} : await functionsOf(path, spec);
    const { name, definitionType, ...definition } = definitions.get(path).export();
    analysis[path] = {
      definition: {
        ...definition,
        path,
        definitionType: definitionType.type === "app" ? definitionType : { type: "childComponent", name },
        exports: exportsOf(functions),
      },
      schema: await schemaOf(path, spec),
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

/** Evaluates a definition, after those that it mounts: their default names are theirs to say. */
async function define(path, specs, definitions) {
  if (definitions.has(path)) return;
  const spec = specs.get(path);
  for (const dependency of spec.dependencies) await define(dependency, specs, definitions);
  const directory = folderOf(path, "definition");
  for (const dependency of spec.dependencies) {
    const handle = { componentDefinitionPath: dependency, defaultName: definitions.get(dependency)._name };
    const file = `_componentDeps/${Buffer.from(dependency).toString("base64url")}.js`;
    write(directory, file, `export default ${JSON.stringify(handle)};`);
  }
  const source = spec.definition.source.replaceAll(/\.\/_componentDeps\/[\w-]+/g, "$&.js");
  definitions.set(path, (await load(write(directory, "definition.js", source))).default);
}

/** The functions of a component's modules, as a deployment finds them. */
async function functionsOf(path, spec) {
  const directory = folderOf(path, "functions");
  const modules = (spec.functions ?? spec.changedModules).filter(
    ({ environment }) => environment === "isolate",
  );
  const files = modules.map((module) => [module.path, write(directory, module.path, module.source)]);
  const functions = {};
  for (const [name, file] of files) {
    if (name.startsWith("_deps/")) continue;
    const found = Object.entries(await load(file)).flatMap(([exported, value]) =>
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

/** What a component's parent may call: its public functions, as a tree of module paths. */
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

async function schemaOf(path, { schema }) {
  if (schema === null) return null;
  const { default: definition } = await load(write(folderOf(path, "schema"), "schema.js", schema.source));
  return JSON.parse(definition.export());
}

/** True if `convex.json` asks for types that are made of the app's evaluated functions. */
function isStatic() {
  try {
    return JSON.parse(readFileSync(join(project, "convex.json"), "utf8")).codegen?.staticApi === true;
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function folderOf(path, kind) {
  return join(scratch, kind, Buffer.from(path).toString("base64url") || "app");
}

function write(directory, file, contents) {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(scratch, "package.json"), '{ "type": "module" }');
  writeFileSync(path, contents);
  return path;
}

function load(file) {
  return import(pathToFileURL(file).href);
}
