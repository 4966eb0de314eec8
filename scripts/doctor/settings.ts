/** The settings that a checkout knows, and what a deployment is given. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "../../packages/convex-embedded/src/environment/environment";
import { brokenLinesOf, readEnvFile } from "../../packages/convex-embedded/src/environment/envFile";

export interface Settings {
  /** What functions would see. */
  readonly values: ReadonlyMap<string, string>;
  /** The names that the env file sets: those were all meant for this API. */
  readonly written: ReadonlySet<string>;
  /** How messages name the place to change. */
  readonly place: string;
  /** `.env.local:3: what`, for each line of the file that sets nothing. */
  readonly broken: readonly string[];
}

/**
 * The settings as the embedded runtime reads them: `.env.local` over the environment. With a file, what it says and nothing
 * else: the settings of a deployment, as `npx convex env list --include-values` prints them.
 *
 * @param envFile relative to the current directory. @throws Error if it is not there, or cannot be read.
 */
export function readSettings(
  project: string,
  host: Readonly<Record<string, string | undefined>>,
  envFile?: string,
): Settings {
  if (envFile !== undefined && !existsSync(envFile)) throw new Error(`There is no file ${envFile}`);
  const file = envFile ?? join(project, ".env.local");
  const { variables } = new Environment(envFile === undefined ? host : {}, file);
  const written = new Set(readEnvFile(file).keys());
  return { values: variables, written, place: envFile ?? ".env.local", broken: brokenLinesOf(file) };
}

/** The names of the settings that may hold a source's secrets; the first one is the API's own. */
export { webhookSetting, webhookSettings } from "../../convex/lib/env.lib";

/** The sources of webhooks, by the paths of the OpenAPI document. None where that cannot be read. */
export function webhookSources(project: string): string[] {
  const file = join(project, "openapi", "openapi.json");
  if (!existsSync(file)) return [];
  const paths = readFileSync(file, "utf8").matchAll(/"\/webhooks\/([\w-]+)": ?\{/g);
  return [...new Set([...paths].map(([, source = ""]) => source))].filter((source) => source !== "");
}

/** Every name that the functions read: what stands in quotes in the two files that read the environment. */
export function knownNames(project: string, secrets: readonly string[]): Set<string> {
  const files = ["convex/lib/env.lib.ts", "convex/auth.config.ts", "convex/convex.config.ts"];
  const texts = files.map((file) => join(project, file)).filter((file) => existsSync(file));
  const names = texts.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"|^\s*([A-Z][A-Z0-9_]+): v\./gm),
  ]);
  return new Set([...names.map(([, quoted, declared]) => quoted ?? declared ?? ""), ...secrets]);
}
