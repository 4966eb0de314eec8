/** Bundles a project's `"use node"` files apart from its other files, as Convex's CLI does. */
import { join } from "node:path";
import type { Bundle, Report } from "./bundle";
import { bundleScript, registration } from "./bundle";
import { entryPoints } from "./entries";
import { externalPackages, nodeExternals } from "./nodeExternals";

/** The bundle of `"use node"` files. */
export interface NodeBundle extends Bundle {
  /** An absolute path. External packages are resolved from this folder. */
  readonly folder: string;
}

/**
 * Bundles the `"use node"` files of `PROJECT/convex`. Returns `null` if it has none.
 *
 * @param project The absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export async function bundleNodeModules(project: string, report?: Report): Promise<NodeBundle | null> {
  const folder = join(project, "convex");
  const modules = entryPoints(folder).filter(({ environment }) => environment === "node");
  if (modules.length === 0) return null;
  const bundle = await bundleScript({
    project,
    directory: folder,
    contents: registration(modules.map(({ module, file }) => [module, file])),
    plugins: [nodeExternals(externalPackages(project))],
    platform: "node",
    report,
  });
  return { ...bundle, folder };
}
