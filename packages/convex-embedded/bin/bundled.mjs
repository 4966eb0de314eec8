/**
 * Bundles a TypeScript file for Node, which a checkout needs because Node 20 reads no TypeScript. Keeps the bundle, and reuses it while
 * none of its sources has changed, because the bundler takes half of the time of a start.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** File systems round times, to a tick of the kernel or more. */
const ROUNDING_MS = 100;

/**
 * Writes the bundle of a file. Leaves packages external.
 *
 * @param entry The absolute path of the file.
 * @param outfile The absolute path of the bundle. Its file of sources is next to it.
 * @param options More options of esbuild.
 * @throws ERR_MODULE_NOT_FOUND if packages are not installed, and esbuild's errors.
 */
export async function writeBundle(entry, outfile, options = {}) {
  const settings = JSON.stringify({ entry, options, node: process.version });
  if (isCurrent(outfile, settings)) return;
  const startedAt = Date.now();
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: "linked",
    logLevel: "warning",
    write: false,
    metafile: true,
    ...options,
  });
  mkdirSync(dirname(outfile), { recursive: true });
  for (const { path, contents } of outputFiles) replace(path, contents);
  const files = Object.keys(metafile.inputs).map((name) => resolve(name));
  // A source that was saved during the build may be newer than the bundle.
  if (files.some((file) => statSync(file).ctimeMs >= startedAt - ROUNDING_MS)) return;
  replace(`${outfile}.json`, JSON.stringify({ settings, files, state: stateOf([outfile, ...files]) }));
}

function isCurrent(outfile, settings) {
  try {
    const last = JSON.parse(readFileSync(`${outfile}.json`, "utf8"));
    return last.settings === settings && last.state === stateOf([outfile, ...last.files]);
  } catch {
    return false;
  }
}

/** Returns a text that changes with each file. The time of the last status change cannot be set, unlike the modification time. */
const stateOf = (files) =>
  files
    .map((file) => statSync(file))
    .map(({ ctimeMs, size, ino }) => [ctimeMs, size, ino].join())
    .join(" ");

/** Replaces a file in one step: another process that starts now reads the old file or the new one, never half of one. */
function replace(path, contents) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}
