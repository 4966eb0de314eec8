/** The modules of a test: the results of `import.meta.glob`, imported in the test's own realm. */
import * as server from "convex/server";
import { ConvexError } from "convex/values";
import type { ConvexLibrary } from "../exec/context/library";
import { executions } from "../exec/execution";
import { Modules } from "../exec/modules";
import type { Namespace } from "../exec/realm";

/** Loaders by path, the result of `import.meta.glob("./**" + "/*.ts")`. */
export type Glob = Readonly<Record<string, () => Promise<unknown>>>;

// The types of `convex/server` omit the functions that the CLI calls.
const library = { ...server, ConvexError } as unknown as ConvexLibrary;

const GENERATED = "_generated";

/**
 * Returns the modules of a functions folder.
 *
 * @param component the path of the component, `""` for the app.
 * @throws Error if the glob does not include the folder `_generated`, which marks the root.
 */
export function modulesOf(glob: Glob, component: string): Modules {
  const loaders = loadersOf(glob);
  const realm = {
    modules: [...loaders.keys()],
    mapStack: (text: string) => text,
    library,
    // Tests run all modules in Node.
    node: null,
    // Import each time: `vi.resetModules()`, `vi.mock()` and custom loaders may return another module.
    fixed: false,
    load: (module: string): Promise<Namespace> => {
      const loader = loaders.get(module);
      if (loader === undefined) return Promise.reject(new Error(`Module not found: ${module}`));
      return executions.exit(loader) as Promise<Namespace>;
    },
  };
  return new Modules(realm, component);
}

/** Returns the loaders by module name, `items` or `http/items`. */
function loadersOf(glob: Glob): Map<string, () => Promise<unknown>> {
  const generated = Object.keys(glob).find((path) => path.includes(GENERATED));
  if (generated === undefined) {
    throw new Error(
      `The modules do not include the "${GENERATED}" folder, which marks the root of the functions. Run \`npx convex codegen\` ` +
        'and include the folder in the glob: `convexTest(schema, import.meta.glob("./**/*.*s"))`.',
    );
  }
  const root = generated.slice(0, generated.indexOf(GENERATED));
  return new Map(
    Object.entries(glob).flatMap(([path, loader]) =>
      path.startsWith(root) ? [[path.slice(root.length).replace(/\.[^.]+$/, ""), loader]] : [],
    ),
  );
}
