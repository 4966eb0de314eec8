/** Bundles the command line from its sources and runs it, for a checkout without a built `dist/`. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeBundle } from "./bundled.mjs";

const source = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
// Next to the installed packages, so that the bundle finds them.
const modules = dirname(dirname(createRequire(import.meta.url).resolve("convex/package.json")));
const outfile = join(modules, ".cache", "convex-embedded", "main.mjs");
await writeBundle(source, outfile);
await import(pathToFileURL(outfile).href);
