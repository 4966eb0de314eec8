/** Provides the modules of `_generated/` in a project that has not generated them yet. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "esbuild";

/** The exports of the files that `npx convex codegen` writes. Their types are in files of their own. */
const CONTENTS: Readonly<Record<string, string>> = {
  server:
    "export { actionGeneric as action, httpActionGeneric as httpAction, internalActionGeneric as internalAction, " +
    "internalMutationGeneric as internalMutation, internalQueryGeneric as internalQuery, mutationGeneric as mutation, " +
    'queryGeneric as query } from "convex/server";\nexport const env = process.env;',
  api:
    'import { anyApi, componentsGeneric } from "convex/server";\n' +
    "export const api = anyApi;\nexport const internal = anyApi;\nexport const components = componentsGeneric();",
};

const IMPORT = /(?:^|\/)_generated\/(server|api)(?:\.[jt]s)?$/;

/** Resolves imports of missing generated files. They do not differ between projects. */
export const missingGenerated: Plugin = {
  name: "convex-missing-generated",
  setup(build) {
    const namespace = "missing-generated";
    build.onResolve({ filter: IMPORT }, ({ path, resolveDir }) => {
      const [, name = ""] = IMPORT.exec(path) ?? [];
      if (!path.startsWith(".") || resolveDir === "") return undefined;
      const folder = join(resolve(resolveDir, path), "..");
      const exists = [".js", ".ts"].some((extension) => existsSync(join(folder, name + extension)));
      return exists ? undefined : { path: name, namespace, pluginData: resolveDir };
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path, pluginData }) => ({
      contents: CONTENTS[path] ?? "",
      // The project's own copy of `convex`.
      resolveDir: String(pluginData),
    }));
  },
};
