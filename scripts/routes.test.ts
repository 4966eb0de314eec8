import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";
import { choiceIn, staticRoutes } from "./routes.mjs";

const root = resolve(import.meta.dirname, "..");
const TABLE = join(root, "convex/http/api.routes.ts");

/** Returns the modules that the bundle of `http.ts` imports with `import()`. */
async function importedOnDemand(routes: string): Promise<string[]> {
  const table: Plugin = {
    name: "routes",
    setup(bundle) {
      bundle.onResolve({ filter: /^#routes$/ }, () => ({ path: "routes", namespace: "routes" }));
      bundle.onLoad({ filter: /.*/, namespace: "routes" }, () => ({
        contents: routes,
        loader: "ts",
        resolveDir: dirname(TABLE),
      }));
    },
  };
  const { metafile } = await build({
    entryPoints: [join(root, "convex/http.ts")],
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "out",
    platform: "browser",
    conditions: ["convex", "module"],
    write: false,
    metafile: true,
    plugins: [table],
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.flatMap(({ kind, path }) => (kind === "dynamic-import" ? [path] : [])),
  );
}

test("the table loads resources and steps on demand, and the static file loads everything at once", async () => {
  const source = readFileSync(TABLE, "utf8");
  const count = new Set([...source.matchAll(/=> \(?(?:await )?import\((".*?")/g)].map(([, path]) => path))
    .size;
  expect(count).toBeGreaterThan(10);
  expect(new Set(await importedOnDemand(source)).size).toBe(count);
  expect(await importedOnDemand(staticRoutes(source))).toEqual([]);
});

test("the project uses one of the two files, and a static file is up to date", () => {
  const choice = choiceIn(root);
  expect(["on-demand", "static"]).toContain(choice);
  if (choice === "static") {
    const text = readFileSync(join(root, "convex/http/static.routes.ts"), "utf8");
    expect(text).toBe(staticRoutes(readFileSync(TABLE, "utf8")));
  }
});
