/** Bundles the command line from its sources and runs it, for a checkout without a built `dist/`. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
// Next to the installed packages, so that the bundle finds them.
const modules = dirname(dirname(createRequire(import.meta.url).resolve("convex/package.json")));
const outfile = join(modules, ".cache", "convex-embedded", "main.mjs");
const { outputFiles } = await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "linked",
  logLevel: "warning",
  write: false,
});
mkdirSync(dirname(outfile), { recursive: true });
// A rename replaces a file in one step: another process that starts now reads the old file or the new one, never half of one.
for (const { path, contents } of outputFiles) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}
await import(pathToFileURL(outfile).href);
