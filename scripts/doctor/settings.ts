/** Reads the settings, and the names of all settings that a checkout knows. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "../../packages/convex-embedded/src/environment/environment";
import { brokenLinesOf, readEnvFile } from "../../packages/convex-embedded/src/environment/envFile";

export interface Settings {
  /** The variables that functions see. */
  readonly values: ReadonlyMap<string, string>;
  /** The names that the env file sets. All of them are meant for this API. */
  readonly written: ReadonlySet<string>;
  /** The file to change, as messages name it. */
  readonly place: string;
  /** `.env.local:3: reason`, for each malformed line of the file. */
  readonly broken: readonly string[];
}

/**
 * Reads the settings as the embedded runtime does: `.env.local`, then the environment. With `envFile`, reads only that file,
 * which has the settings of a deployment as `npx convex env list --include-values` prints them.
 *
 * @param envFile relative to the current directory. @throws Error if the file is missing or unreadable.
 */
export function readSettings(
  project: string,
  host: Readonly<Record<string, string | undefined>>,
  envFile?: string,
): Settings {
  if (envFile !== undefined && !existsSync(envFile)) throw new Error(`The file ${envFile} does not exist`);
  const file = envFile ?? join(project, ".env.local");
  const { variables } = new Environment(envFile === undefined ? host : {}, file);
  const written = new Set(readEnvFile(file).keys());
  return { values: variables, written, place: envFile ?? ".env.local", broken: brokenLinesOf(file) };
}

/** Returns the names of the settings that may hold a source's secrets. The first one is the API's own. */
export { webhookSetting, webhookSettings } from "../../convex/lib/env.lib";

/** Returns the sources of webhooks, from the paths of the OpenAPI document; none if the document is missing. */
export function webhookSources(project: string): string[] {
  const file = join(project, "openapi", "openapi.json");
  if (!existsSync(file)) return [];
  const paths = readFileSync(file, "utf8").matchAll(/"\/webhooks\/([\w-]+)": ?\{/g);
  return [...new Set([...paths].map(([, source = ""]) => source))].filter((source) => source !== "");
}

/** Returns every name that the functions read: the names in the three files that read or declare variables. */
export function knownNames(project: string, secrets: readonly string[]): Set<string> {
  const files = ["convex/lib/env.lib.ts", "convex/auth.config.ts", "convex/convex.config.ts"];
  const texts = files.map((file) => join(project, file)).filter((file) => existsSync(file));
  const names = texts.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"|^\s*([A-Z][A-Z0-9_]+): v\./gm),
  ]);
  return new Set([...names.map(([, quoted, declared]) => quoted ?? declared ?? ""), ...secrets]);
}
