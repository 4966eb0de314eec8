/** Bundles a project's `"use node"` files apart from its other files, as Convex's CLI does. */
import type { Bundle, Report } from "./bundle";
import { bundleScript, folderOf, registration } from "./bundle";
import { functionsFolder } from "./convexJson";
import { entryPoints } from "./entries";
import { externalPackages, nodeExternals } from "./nodeExternals";

/** The bundle of `"use node"` files. */
export interface NodeBundle extends Bundle {
  /** An absolute path. External packages are resolved from this folder. */
  readonly folder: string;
}

/**
 * Bundles the app's `"use node"` files. Returns `null` if it has none.
 *
 * @param project The absolute path of the project.
 * @throws BundleError, EntryPointError
 */
export async function bundleNodeModules(project: string, report?: Report): Promise<NodeBundle | null> {
  const folder = functionsFolder(project);
  const modules = entryPoints(folder, folderOf(project, folder)).filter(
    ({ environment }) => environment === "node",
  );
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
