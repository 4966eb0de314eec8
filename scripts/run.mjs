/**
 * Runs a TypeScript file of this project: `node scripts/run.mjs FILE.ts [ARG ...]`.
 *
 * Node 20 cannot run TypeScript, and a loader would cost each start a worker thread and its memory. This script bundles the
 * file with esbuild, which the runtime needs anyway, and leaves packages external. Set `NODE_OPTIONS=--enable-source-maps` for
 * stack traces with source positions. It is off by default, because reading the map at each start costs a server 8 MB.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeBundle } from "../packages/convex-embedded/bin/bundled.mjs";

const root = projectFolder();
/** The runtime's sources. An app that has adopted the API has the package instead. */
const runtime = join(root, "packages/convex-embedded/src");
const [, , file, ...args] = process.argv;
if (!file) giveUp("usage: node scripts/run.mjs FILE.ts [ARG ...]", 2);
refuseOldNode();
refuseFewFiles();
const entry = resolve(file);
const outfile = join(
  root,
  "node_modules",
  ".cache",
  "run",
  relative(root, entry).replaceAll(/[\\/]/g, "-") + ".mjs",
);
// The runtime is a package of this repository. Node cannot import its TypeScript sources.
const alias = existsSync(runtime) ? { "convex-embedded": runtime } : {};
await writeBundle(entry, outfile, { alias }).catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const [reason] = error.message.split(" imported from ", 1);
  giveUp(`The packages are not installed: ${reason}. Run \`npm ci\`.`, 1);
});

process.argv = [process.argv[0], entry, ...args];
await import(pathToFileURL(outfile).href);

/** Returns the folder above this file that has the nearest `package.json`. */
function projectFolder() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

function refuseOldNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // The package.json of an app that has adopted the API may name no version.
  if (!engines?.node) return;
  const [leastMajor = 0, leastMinor = 0] = engines.node.match(/\d+/g)?.map(Number) ?? [];
  const { node } = process.versions;
  const [major, minor] = node.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  giveUp(`Node ${node} is too old: package.json requires ${engines.node}. Install Node ${engines.node}.`, 1);
}

/**
 * With few file descriptors, Node fails while loading modules and reports an existing module as missing. Node has no function
 * that returns the limit. Its diagnostic report contains it but is slow, and serves only systems without `/proc`.
 */
function refuseFewFiles() {
  const MIN_FILES = 128;
  const limit = openFiles();
  if (!(limit < MIN_FILES)) return;
  const what = `This process can open only ${limit} files, but needs ${MIN_FILES}.`;
  giveUp(`${what} Raise the limit: ulimit -n 4096.`, 1);
}

/** Returns the limit of open files; NaN if it is unknown or unlimited. */
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
