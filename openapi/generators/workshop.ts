/** Prepares the folder in which the generators run. It has its own dependencies, so that the project itself has few. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { build } from "esbuild";
import { installOnce, run } from "../../quality/lib/install";

export { run } from "../../quality/lib/install";

const SOURCE = import.meta.dirname;

/**
 * Installs the pinned generators into a cache folder, once for each state of the lock file, and copies the document, the clients and
 * the configuration into a folder below it, where Node finds the generators.
 *
 * @param name of the folder. Test files run at the same time, so each has its own.
 * @returns the absolute path of the folder.
 */
export async function openWorkshop(name: string): Promise<string> {
  const folder = join(await installOnce(SOURCE, "generators"), name);
  rmSync(folder, { recursive: true, force: true });
  // openapi-zod-client does not create its folder.
  mkdirSync(join(folder, "out/openapi-zod-client"), { recursive: true });
  for (const file of ["orval.config.cjs", "clients"])
    cpSync(join(SOURCE, file), join(folder, file), { recursive: true });
  cpSync(join(SOURCE, "tsconfig.clients.json"), join(folder, "tsconfig.json"));
  cpSync(join(SOURCE, "../openapi.json"), join(folder, "openapi.json"));
  return folder;
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
