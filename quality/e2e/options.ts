import { parse, UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { SOURCES, type WebhookSource } from "../../scripts/webhook/sign";

/** What the suites are told of the deployment. What is undefined was not given. */
export type Given = {
  /** Without a slash at its end. */
  baseUrl: string;
  /** True where nothing stands between the suites and the API, so that every header is the API's own. */
  direct: boolean;
  key: string | undefined;
  token: string | undefined;
  origin: string | undefined;
  secrets: Partial<Record<WebhookSource, string>>;
};

/** The secrets that suites may need, by the option that gives them. */
export type Secret = "--key" | "--token" | `--${WebhookSource}-secret`;

export type Options = {
  /** Undefined where there is no deployment yet. */
  given: Given | undefined;
  /** Parts of the names of suites, of which these alone run. */
  only: string[];
};

export const USAGE = `npm run e2e -- [options] [SUITE ...]

  --base-url URL           the deployment (default: the embedded runtime, started for this run with a fresh data directory)
  --origin ORIGIN          one that CORS_ORIGINS allows (default: any will do)
  --key KEY                a key with all scopes, of a user whose items, files and keys may come and go
  --token TOKEN            a token (JWT) of an issuer that the deployment accepts
  --stripe-secret SECRET   what the deployment has in STRIPE_WEBHOOK_SECRET
  --clerk-secret SECRET    what it has in CLERK_WEBHOOK_SECRET
  --github-secret SECRET   what it has in GITHUB_WEBHOOK_SECRET

Other users of the machine can read command lines, so give the last five by the environment: E2E_KEY, E2E_TOKEN,
E2E_STRIPE_SECRET, E2E_CLERK_SECRET, E2E_GITHUB_SECRET. An option wins over its variable. The variables count with --base-url only.

Tests without their secret are skipped, and the summary says so. SUITE is a part of a file's name in quality/e2e/suites.
`;

const TEXT = { type: "string" } as const;

const OPTIONS = {
  ...{ "base-url": TEXT, key: TEXT, token: TEXT, origin: TEXT },
  ...{ "stripe-secret": TEXT, "clerk-secret": TEXT, "github-secret": TEXT },
  help: { type: "boolean" },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line, and the secrets that it leaves out from the environment.
 *
 * @returns null for `--help`. @throws UsageError
 */
export function parseOptions(args: string[], env: Environment): Options | null {
  const { values, positionals: only } = parse({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) return null;
  const { "base-url": url, origin } = values;
  if (url === undefined) {
    const alone = Object.keys(values).filter((name) => name !== "help");
    if (alone.length > 0)
      throw new UsageError(`--${alone.join(", --")}: of which deployment? Give --base-url.`);
    return { given: undefined, only };
  }
  if (!URL.canParse(url)) throw new UsageError(`--base-url ${url} is no URL.`);
  const secretOf = (option: "key" | "token" | `${WebhookSource}-secret`): string | undefined =>
    values[option] ?? (env[`E2E_${option.toUpperCase().replace("-", "_")}`] || undefined);
  const secrets: Given["secrets"] = {};
  for (const source of SOURCES) {
    const secret = secretOf(`${source}-secret`);
    if (secret !== undefined) secrets[source] = secret;
  }
  const [key, token] = [secretOf("key"), secretOf("token")];
  const baseUrl = url.replace(/\/+$/, "");
  return { given: { baseUrl, direct: false, key, token, origin, secrets }, only };
}
