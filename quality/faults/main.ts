/** Runs the fault suites against servers that are started as `npm start` does: `npm run faults -- --help`. */
import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { startVitest } from "vitest/node";
import { parseOrExit, refuse } from "../../packages/convex-embedded/src/cli/arguments";
import type { Scale } from "./scale";

const USAGE = `npm run faults -- [options] [SUITE ...]

  --short       runs the short form for CI, with fewer kills and connections
  --rounds N    kills the server at least N times (default 100, with --short 10)
  --seed N      repeats the random choices of the run that printed this seed; timing still differs between runs

SUITE is part of a file name in quality/faults/.
`;

const LONG = { rounds: 100, connections: 10_000 };
const SHORT = { rounds: 10, connections: 1_000 };

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values, positionals } = parseOrExit(USAGE, {
    allowPositionals: true,
    options: {
      short: { type: "boolean", default: false },
      rounds: { type: "string" },
      seed: { type: "string" },
    },
  });
  const size = values.short ? SHORT : LONG;
  const rounds = Number(values.rounds ?? size.rounds);
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  if (!Number.isInteger(rounds) || rounds < 1)
    refuse("--rounds must be a whole number greater than 0.", USAGE);
  if (!Number.isInteger(seed)) refuse("--seed must be a whole number.", USAGE);
  const scale: Scale = { ...size, rounds, seed, long: !values.short };
  console.log(`Faults: ${rounds} kills, ${scale.connections} connections, seed ${seed}`);
  const config = resolve("quality/faults/vitest.config.ts");
  const vitest = await startVitest("test", positionals, {
    run: true,
    watch: false,
    config,
    provide: { scale },
  });
  await vitest.close();
  // Vitest sets the exit code if a test fails.
  return Number(process.exitCode ?? 0);
}

process.exitCode = await main();
