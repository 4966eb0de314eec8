/** Prepares the folder in which the generators run. It has its own dependencies, so that the project itself has few. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { build } from "esbuild";

const SOURCE = import.meta.dirname;
const PROJECT = join(SOURCE, "../..");

/**
 * Installs the pinned generators into a cache folder, once for each state of the lock file, and copies the document, the clients and
 * the configuration into a folder below it, where Node finds the generators.
 *
 * @param name of the folder. Test files run at the same time, so each has its own.
 * @returns the absolute path of the folder.
 */
export async function openWorkshop(name: string): Promise<string> {
  const folder = join(await installed(), name);
  rmSync(folder, { recursive: true, force: true });
  // openapi-zod-client does not create its folder.
  mkdirSync(join(folder, "out/openapi-zod-client"), { recursive: true });
  for (const file of ["orval.config.cjs", "clients"])
    cpSync(join(SOURCE, file), join(folder, file), { recursive: true });
  cpSync(join(SOURCE, "tsconfig.clients.json"), join(folder, "tsconfig.json"));
  cpSync(join(SOURCE, "../openapi.json"), join(folder, "openapi.json"));
  return folder;
}

/** Returns the folder of the installed generators. It appears at once and complete, however many processes install them. */
async function installed(): Promise<string> {
  const lock = createHash("sha256")
    .update(readFileSync(join(SOURCE, "package-lock.json")))
    .digest("hex");
  const cache = join(PROJECT, "node_modules/.cache/generators");
  const folder = join(cache, `${lock.slice(0, 12)}-installed`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const own = mkdtempSync(join(cache, "installing-"));
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(SOURCE, file), join(own, file));
  await run(own, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--workspaces=false"]);
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Runs a command in a folder and returns its output. Rejects with the end of the output if the command fails. */
export function run(
  folder: string,
  command: string,
  args: readonly string[],
  variables: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    // Disables telemetry and update notices, because tests do not use the network.
    const env = { ...process.env, CI: "1", DO_NOT_TRACK: "1", NO_UPDATE_NOTIFIER: "1", ...variables };
    const child = spawn(command, args, {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 600_000,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += String(text)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(printed);
      else
        reject(
          new Error(`${command} ${args.join(" ")} exited with ${String(code)}:\n${printed.slice(-4000)}`),
        );
    });
  });
}

/**
 * Runs a command of an installed package in a folder of `openWorkshop`. Its `env node` finds the newer Node that is installed there,
 * because the newest generators need one. On a platform without that package, the machine's own Node has to be new enough.
 */
export const runTool = (folder: string, tool: string, args: readonly string[]): Promise<string> => {
  const bin = join(folder, "../node_modules/.bin");
  return run(folder, join(bin, tool), args, { PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` });
};

/** Bundles a client for Node. Returns the path of the bundle. */
export async function bundleClient(folder: string, name: string): Promise<string> {
  const outfile = join(folder, "out", `${name}.mjs`);
  await build({
    entryPoints: [join(folder, "clients", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // CommonJS packages within an ES module need a `require`.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}
