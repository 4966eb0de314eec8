/** The options of the command line. */
import { parseStrictly, UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { NAMES } from "./attacks/main";

export type Options = {
  help: boolean;
  timing: boolean;
  short: boolean;
  requests: number;
  seed: number;
  /** `requests`, `bursts`, and names of attacks. */
  cases: readonly string[];
  /** The duration of each attack. */
  seconds: number;
};

const CASES = ["requests", "bursts", ...NAMES];

export const USAGE = `usage: npm run abuse -- [options]

  --requests N   sends N requests (default 100000, with --short 10000)
  --short        sends fewer requests and bursts, and ends each attack after 5 seconds
  --only NAME    runs one case: ${CASES.join(", ")}
  --minutes N    the duration of each attack (default half a minute)
  --seed N       repeats the requests of the run that printed this seed (default random)
  --timing       measures instead whether the time of a refusal reveals parts of a key
  --help         shows this help
`;

const FLAG = { type: "boolean", default: false } as const;
const TEXT = { type: "string" } as const;

const OPTIONS = {
  help: FLAG,
  timing: FLAG,
  short: FLAG,
  requests: TEXT,
  seed: TEXT,
  only: TEXT,
  minutes: TEXT,
};

/** Parses the options. @throws UsageError if one is unknown or invalid. */
export function parseOptions(args: readonly string[]): Options {
  const { help, timing, short, requests, seed, only, minutes } = parseStrictly(args, OPTIONS);
  if (only !== undefined && !CASES.includes(only))
    throw new UsageError(`--only must be one of ${CASES.join(", ")}, not '${only}'`);
  return {
    ...{ help, timing, short },
    cases: only === undefined ? CASES : [only],
    seconds: minutes === undefined ? (short ? 5 : 30) : 60 * wholeNumber("--minutes", minutes),
    requests: wholeNumber("--requests", requests ?? (short ? "10000" : "100000")),
    seed: wholeNumber("--seed", seed ?? String(Math.floor(Math.random() * 2 ** 31))),
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be a whole number, not '${text}'`);
}
