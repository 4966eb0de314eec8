/** The modules of a test: what `import.meta.glob` found, each imported in the test's own realm. */
import * as server from "convex/server";
import { ConvexError } from "convex/values";
import type { ConvexLibrary } from "../exec/context/library";
import { executions } from "../exec/execution";
import { Modules } from "../exec/modules";
import type { Namespace } from "../exec/realm";

/** By path, as `import.meta.glob("./**" + "/*.ts")` gives them. */
export type Glob = Readonly<Record<string, () => Promise<unknown>>>;

// The types of `convex/server` hide what the CLI calls.
const library = { ...server, ConvexError } as unknown as ConvexLibrary;

const GENERATED = "_generated";

/**
 * The functions of a folder.
 *
 * @param component its path, `""` for the app.
 * @throws Error if the glob has left out the folder `_generated`, by which the root is found.
 */
export function modulesOf(glob: Glob, component: string): Modules {
  const loaders = loadersOf(glob);
  const realm = {
    modules: [...loaders.keys()],
    mapStack: (text: string) => text,
    library,
    // `vi.resetModules()`, `vi.mock()` and whoever wrote the loaders decide what a module is, each time.
    fixed: false,
    load: (module: string): Promise<Namespace> => {
      const loader = loaders.get(module);
      if (loader === undefined) return Promise.reject(new Error(`There is no module ${module}`));
      return executions.exit(loader) as Promise<Namespace>;
    },
  };
  return new Modules(realm, component);
}

/** By the modules' names, `items` or `http/items`. */
function loadersOf(glob: Glob): Map<string, () => Promise<unknown>> {
  const generated = Object.keys(glob).find((path) => path.includes(GENERATED));
  if (generated === undefined) {
    throw new Error(
      `The modules have no "${GENERATED}" folder, by which the root of the functions is found. Run \`npx convex codegen\`, ` +
        'and let the glob find it: `convexTest(schema, import.meta.glob("./**/*.*s"))`.',
    );
  }
  const root = generated.slice(0, generated.indexOf(GENERATED));
  return new Map(
    Object.entries(glob).flatMap(([path, loader]) =>
      path.startsWith(root) ? [[path.slice(root.length).replace(/\.[^.]+$/, ""), loader]] : [],
    ),
  );
}
