import { setTimeout as wait } from "node:timers/promises";

/** The setting that raises a limit, by the name of the limit's policy. */
const SETTINGS: Readonly<Record<string, string>> = {
  key: "RATE_LIMIT_KEY_PER_MINUTE",
  user: "RATE_LIMIT_KEY_PER_MINUTE",
  address: "RATE_LIMIT_IP_PER_MINUTE",
};

/**
 * Returns a function that waits as long as a 429 says. It prints one line for all requests that wait at the same time. The first
 * line names the setting to raise.
 *
 * @param say prints a line. @param sleep waits for a number of milliseconds.
 */
export function rateLimitWait(
  say: (line: string) => void,
  sleep: (ms: number) => Promise<unknown> = wait,
): (refused: Response) => Promise<void> {
  let waiting = 0;
  let printed = false;
  return async ({ headers }) => {
    const seconds = Number(headers.get("Retry-After") ?? 1);
    if (waiting === 0) {
      say(`Waiting ${seconds} s for the deployment's rate limit${printed ? "" : `: ${hint(headers)}`}`);
      printed = true;
    }
    waiting++;
    await sleep(seconds * 1000);
    waiting--;
  };
}

function hint(headers: Headers): string {
  const { name = "", quota } =
    /^"(?<name>[\w-]+)";q=(?<quota>\d+)/.exec(headers.get("RateLimit-Policy") ?? "")?.groups ?? {};
  const setting = SETTINGS[name];
  // The API's own 429s have a policy.
  if (setting === undefined) return "a limit outside of the API, which its settings do not change";
  return `${quota} requests a minute. For a faster run, raise ${setting} of the deployment, or set it to 0`;
}
