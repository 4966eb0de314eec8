import { setTimeout as wait } from "node:timers/promises";

/** The setting of a deployment that makes room, by the name of the limit's policy. */
const SETTINGS: Readonly<Record<string, string>> = {
  key: "RATE_LIMIT_KEY_PER_MINUTE",
  user: "RATE_LIMIT_KEY_PER_MINUTE",
  address: "RATE_LIMIT_IP_PER_MINUTE",
};

/**
 * What waits as long as a 429 says, and tells whoever watches: once where several requests wait at the same time, and the
 * first time with what to do about it.
 *
 * @param say where the line goes. @param sleep takes milliseconds.
 */
export function patience(
  say: (line: string) => void,
  sleep: (ms: number) => Promise<unknown> = wait,
): (refused: Response) => Promise<void> {
  let waiting = 0;
  let told = false;
  return async ({ headers }) => {
    const seconds = Number(headers.get("Retry-After") ?? 1);
    if (waiting === 0) {
      say(`Waiting ${seconds} s for the deployment's rate limit${told ? "" : `: ${hint(headers)}`}`);
      told = true;
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
  // A 429 without a policy is not the API's own.
  if (setting === undefined) return "it is none of the API's settings";
  return `${quota} requests a minute. For a faster run raise ${setting} there, or set it to 0`;
}
