/** Reads the schemas of a project without serving it. */
import { Environment } from "../environment/environment";
import { stopBundler } from "../runtime/bundle";
import { bundleComponents, loadComponents } from "../runtime/components";
import { withSystemTables } from "../store/system/systemTables";
import type { ComponentSchema } from "../store/types";

/**
 * Builds the project and evaluates its schemas.
 *
 * @param project the folder that holds `convex/`. @param envFile a file with environment variables; it may be missing.
 * @returns the schemas of the app and of all mounted components, including the runtime's own tables.
 * @throws Error that names the broken file.
 */
export async function projectSchemas(project: string, envFile: string): Promise<ComponentSchema[]> {
  const bundle = await bundleComponents(project);
  await stopBundler();
  const env = new Environment(process.env, envFile).variables;
  const components = loadComponents(bundle, { env, clock: Date.now, log: () => undefined });
  const schemas: ComponentSchema[] = [];
  for (const { path, modules } of components.values()) {
    schemas.push({ component: path, schema: withSystemTables(await modules.schema()) });
  }
  return schemas;
}
