/**
 * Runs a TypeScript file of this project: `node scripts/run.mjs FILE.ts [ARG ...]`.
 *
 * Node 20 does not read TypeScript, and a loader costs each start a worker thread and its memory. The file is bundled
 * once by esbuild, which the runtime needs anyway, with the packages left where they are. For traces with the positions
 * of the sources, `NODE_OPTIONS=--enable-source-maps`: reading the map at each start would cost a server 8 MB.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [, , file, ...args] = process.argv;
if (!file) giveUp("usage: node scripts/run.mjs FILE.ts [ARG ...]", 2);
refuseOldNode();
refuseFewFiles();
const { build } = await import("esbuild").catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const [reason] = error.message.split(" imported from ", 1);
  return giveUp(`The packages are not there: ${reason}. Run \`npm ci\`.`, 1);
});

const entry = resolve(file);
const outfile = join(
  root,
  "node_modules",
  ".cache",
  "run",
  relative(root, entry).replaceAll(/[\\/]/g, "-") + ".mjs",
);
mkdirSync(dirname(outfile), { recursive: true });
const { outputFiles } = await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  // The runtime is a package of this repository, which Node could not read from its sources.
  alias: { "convex-embedded": join(root, "packages/convex-embedded/src") },
  sourcemap: "linked",
  logLevel: "warning",
  write: false,
});
// Others may start the same file at the same time: whoever reads it finds all of it, theirs or ours.
for (const { path, contents } of outputFiles) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

process.argv = [process.argv[0], entry, ...args];
await import(pathToFileURL(outfile).href);

function refuseOldNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [leastMajor, leastMinor] = engines.node.match(/\d+/g).map(Number);
  const { node } = process.versions;
  const [major, minor] = node.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  giveUp(`Node ${node} is too old: package.json wants ${engines.node}. Install Node ${engines.node}.`, 1);
}

/**
 * With few descriptors Node fails in the middle of loading modules, and names one that is there as missing. Node has no
 * call that tells the limit. Its report does, but takes long, so that it is asked only where there is no `/proc`.
 */
function refuseFewFiles() {
  const LEAST = 128;
  const limit = openFiles();
  if (!(limit < LEAST)) return;
  giveUp(`This process may open ${limit} files, and needs ${LEAST}. Raise the limit: ulimit -n 4096.`, 1);
}

/** NaN for one that is not known, or unlimited. */
function openFiles() {
  if (process.platform === "win32") return NaN;
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
  } catch (error) {
    if (error.code === "ENOENT") return Number(process.report.getReport().userLimits?.open_files?.soft);
    return NaN;
  }
}

function giveUp(message, code) {
  console.error(message);
  process.exit(code);
}
