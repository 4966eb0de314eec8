/** The environment variables that functions see. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** What configures the official tools; functions have no use for it, and the admin key must not reach them. */
const FOR_TOOLS = /^CONVEX_(SELF_HOSTED_|DEPLOY)/;

/**
 * Host environment and env file, the file winning, then what the runtime sets itself.
 *
 * @param builtin `CONVEX_SITE_URL` and `CONVEX_CLOUD_URL`, which the other two may override: behind a proxy the
 * public origin differs from the one that the server listens on.
 */
export function functionEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  builtin: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const variables = new Map(Object.entries(builtin));
  for (const [name, value] of Object.entries(host)) {
    if (value !== undefined && !FOR_TOOLS.test(name)) variables.set(name, value);
  }
  return variables;
}

/**
 * The variables of an env file.
 *
 * @throws Error that names the file if it cannot be read, unless it is missing and `required` is false.
 */
export function readEnvFile(file: string, required: boolean): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`Cannot read the environment file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
