/** Runs the fault suites against servers started as `npm start` does it: `npm run faults -- --help`. */
import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { startVitest } from "vitest/node";
import { parseOrExit, refuse } from "../../packages/convex-embedded/src/cli/arguments";
import type { Scale } from "./scale";

const USAGE = `npm run faults -- [options] [SUITE ...]

  --short       the form for CI: fewer rounds and connections
  --rounds N    how often the server is killed (default 100, short 10)
  --seed N      repeats the choices of a run, which prints its seed; what the machine does in between differs

SUITE is a part of a file's name in quality/faults/.
`;

const LONG = { rounds: 100, connections: 10_000 };
const SHORT = { rounds: 10, connections: 1_000 };

/** @returns the status to exit with. */
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
  if (!Number.isInteger(rounds) || rounds < 1) refuse("--rounds takes a whole number above 0.", USAGE);
  if (!Number.isInteger(seed)) refuse("--seed takes a whole number.", USAGE);
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
  // Vitest has set it where something failed.
  return Number(process.exitCode ?? 0);
}

process.exitCode = await main();
