/** Builds the one module of `npx convex run --inline-query`. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import type { Bundle } from "./bundle";
import { bundleScript, registration } from "./bundle";

/** The module's name. Its default export is the query. */
export const INLINE_MODULE = "testQuery";

const FILE = `${INLINE_MODULE}.js`;

/** The only module that the source may import. */
const WRAPPERS = "convex:/_system/repl/wrappers.js";

/** Where this runtime's own imports of `convex` are resolved. */
const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Bundles a module's source. It may import nothing but Convex's wrappers. @throws BundleError */
export function bundleInlineQuery(project: string, source: string): Promise<Bundle> {
  return bundleScript({
    project,
    directory: OWN_FOLDER,
    contents: registration([[INLINE_MODULE, FILE]]),
    plugins: [inlineModule(source)],
  });
}

function inlineModule(source: string): Plugin {
  const namespace = "inline-query";
  return {
    name: "convex-inline-query",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, namespace: from }) => {
        if (path === `./${FILE}` && from !== namespace) return { path: FILE, namespace };
        if (path === WRAPPERS) return { path, namespace: "inline-query-wrappers" };
        if (from === namespace) return { errors: [{ text: "An inline query cannot import other modules." }] };
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, () => ({
        // Some clients leave the import out.
        contents: source.includes(WRAPPERS)
          ? source
          : `import { query, internalQuery } from "${WRAPPERS}"; ${source}`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: "inline-query-wrappers" }, () => ({
        contents: `export { queryGeneric as query, internalQueryGeneric as internalQuery } from "convex/server";`,
        resolveDir: OWN_FOLDER,
      }));
    },
  };
}
