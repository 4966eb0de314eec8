/** What the command line says. */
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
  /** How long each attack lasts. */
  seconds: number;
};

const CASES = ["requests", "bursts", ...NAMES];

export const USAGE = `usage: npm run abuse -- [options]

  --requests N   how many requests to send (100000)
  --short        10000 of them, fewer bursts, and attacks of 5 seconds
  --only NAME    one case alone: ${CASES.join(", ")}
  --minutes N    how long each attack lasts (half a minute)
  --seed N       which ones: the number that a run has printed makes the same again (another each time)
  --timing       instead, measure whether the time of a refusal tells anything about a key
  --help         show this
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

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { help, timing, short, requests, seed, only, minutes } = parseStrictly(args, OPTIONS);
  if (only !== undefined && !CASES.includes(only))
    throw new UsageError(`--only takes ${CASES.join(", ")}, not '${only}'`);
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
  throw new UsageError(`${option} takes a whole number, not '${text}'`);
}
