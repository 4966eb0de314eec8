/** What the command line says. */
import { parseStrictly, UsageError } from "../../packages/convex-embedded/src/cli/arguments";

export type Options = {
  help: boolean;
  timing: boolean;
  bursts: boolean;
  short: boolean;
  requests: number;
  seed: number;
};

export const USAGE = `usage: npm run abuse -- [options]

  --requests N   how many requests to send (100000)
  --short        10000 of them, and fewer bursts, in about a minute
  --bursts       only the bursts of large bodies, which otherwise follow the requests
  --seed N       which ones: the number that a run has printed makes the same again (another each time)
  --timing       instead, measure whether the time of a refusal tells anything about a key
  --help         show this
`;

const FLAG = { type: "boolean", default: false } as const;
const TEXT = { type: "string" } as const;

const OPTIONS = { help: FLAG, timing: FLAG, bursts: FLAG, short: FLAG, requests: TEXT, seed: TEXT };

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { help, timing, bursts, short, requests, seed } = parseStrictly(args, OPTIONS);
  return {
    ...{ help, timing, bursts, short },
    requests: wholeNumber("--requests", requests ?? (short ? "10000" : "100000")),
    seed: wholeNumber("--seed", seed ?? String(Math.floor(Math.random() * 2 ** 31))),
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a whole number, not '${text}'`);
}
