/** Bundles the server under test. Tests can plant a bug in it. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import type { PlantedBug } from "./plantedBugs";

const SOURCES = "packages/convex-embedded/src";

/** Bundles the server, with a bug if one is given. @returns the absolute path of the program. */
export async function bundleServer(bug?: PlantedBug): Promise<string> {
  const name = bug === undefined ? "server" : bug.name.replaceAll(" ", "-");
  // Next to the installed packages, so that the program finds them.
  const outfile = resolve(`node_modules/.cache/serializability/${name}.${process.pid}.mjs`);
  await build({
    entryPoints: ["quality/serializability/server.child.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    alias: { "convex-embedded": resolve(SOURCES) },
    plugins: bug === undefined ? [] : [planting(bug)],
    logLevel: "warning",
  });
  return outfile;
}

function planting({ file, from, to }: PlantedBug): Plugin {
  const path = resolve(SOURCES, file);
  return {
    name: "planted bug",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, (args) => {
        if (args.path !== path) return undefined;
        const source = readFileSync(path, "utf8");
        if (source.split(from).length !== 2) throw new Error(`${file} must contain this text once: ${from}`);
        return { contents: source.replace(from, () => to), loader: "ts" };
      });
    },
  };
}
