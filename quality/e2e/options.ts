import { resolve } from "node:path";
import { parse, UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { webhookSetting } from "../../convex/lib/env.lib";
import { SOURCES, type WebhookSource } from "../../scripts/webhook/senders";
import { adoptedApp, type AdoptedApp } from "./adopted";

/** The options that describe the deployment. An option that was not given is undefined. */
export type Given = {
  /** Without a trailing slash. */
  baseUrl: string;
  /** The absolute path of the OpenAPI document of the deployment's project. */
  document: string;
  /** Whether the suites reach the API without a proxy, so that every header is the API's own. */
  direct: boolean;
  key: string | undefined;
  token: string | undefined;
  origin: string | undefined;
  secrets: Partial<Record<WebhookSource, string>>;
};

/** The options for secrets that suites may need. */
export type Secret = "--key" | "--token" | `--${WebhookSource}-secret`;

export type Options = {
  /** Undefined if the run starts its own deployment. */
  given: Given | undefined;
  /** The app that the run serves; undefined if it serves this project, or nothing. */
  app: AdoptedApp | undefined;
  /** Parts of the names of the suites to run; all suites if empty. */
  only: string[];
};

export const USAGE = `npm run e2e -- [options] [SUITE ...]

  --app DIR                an app that has adopted the API (default: this project); its parts choose the tests
  --base-url URL           the deployment to test (default: starts the embedded runtime with a new data directory)
  --origin ORIGIN          an origin that CORS_ORIGINS of the deployment allows (default: whether it is allowed is not checked)
  --key KEY                a key with all scopes; the tests create and delete items, files and keys of its user
  --token TOKEN            a token (JWT) of an issuer that the deployment accepts
${SOURCES.map((source) => `  ${`--${source}-secret SECRET`.padEnd(25)}the value of ${webhookSetting(source)} of the deployment`).join("\n")}

Other users of the machine can read command lines, so set secrets as environment variables instead: E2E_KEY, E2E_TOKEN,
${SOURCES.map((source) => `E2E_${source.toUpperCase()}_SECRET`).join(", ")}. An option takes precedence over its variable. Variables are read only
with --base-url.

Tests whose secret is missing are skipped, and the summary lists them. SUITE is part of a file name in quality/e2e/suites.
`;

const TEXT = { type: "string" } as const;

/** The options for the secrets of webhooks. */
const SECRETS = Object.fromEntries(SOURCES.map((source) => [`${source}-secret`, TEXT])) as Record<
  `${WebhookSource}-secret`,
  typeof TEXT
>;

const OPTIONS = {
  ...{ app: TEXT, "base-url": TEXT, key: TEXT, token: TEXT, origin: TEXT },
  ...SECRETS,
  help: { type: "boolean" },
} as const;

/** The OpenAPI document of this project. */
export const OWN_DOCUMENT = resolve("openapi/openapi.json");

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the command line, and reads missing secrets from the environment.
 *
 * @returns null for `--help`. @throws UsageError if an option is unknown or invalid.
 */
export function parseOptions(args: string[], env: Environment): Options | null {
  const { values, positionals: only } = parse({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) return null;
  const { "base-url": url, origin } = values;
  const app = values.app === undefined ? undefined : adoptedApp(values.app);
  if (url === undefined) {
    const alone = Object.keys(values).filter((name) => !["help", "app"].includes(name));
    if (alone.length > 0)
      throw new UsageError(`--${alone.join(", --")} needs --base-url, the deployment to test.`);
    return { given: undefined, app, only };
  }
  if (!URL.canParse(url)) throw new UsageError(`--base-url ${url} is not a URL.`);
  const secretOf = (option: "key" | "token" | `${WebhookSource}-secret`): string | undefined =>
    values[option] ?? (env[`E2E_${option.toUpperCase().replace("-", "_")}`] || undefined);
  const secrets: Given["secrets"] = {};
  for (const source of SOURCES) {
    const secret = secretOf(`${source}-secret`);
    if (secret !== undefined) secrets[source] = secret;
  }
  const [key, token] = [secretOf("key"), secretOf("token")];
  const baseUrl = url.replace(/\/+$/, "");
  const document = app?.document ?? OWN_DOCUMENT;
  return { given: { baseUrl, document, direct: false, key, token, origin, secrets }, app: undefined, only };
}
