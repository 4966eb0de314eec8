/**
 * `npm run bench:cold`: the cost of a request on Convex, where each request evaluates `http.ts` and its imports again.
 *
 * quality/bench/README.md describes the comparison and the output.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { candidates, KINDS, productIn, type Kind } from "./candidates";
import { copyWithMore } from "./copyWithMore";
import { CLOCKS, measure, MODES, prepare, type Times } from "./measure";
import { median, medianRatio, verdict } from "../lib/statistics";

/** Modules in contexts, no compilation cache within the process, and garbage collection between rounds. */
const NODE_FLAGS = [
  "--experimental-vm-modules",
  "--no-compilation-cache",
  "--expose-gc",
  "--no-warnings",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
];

type Figure = { name: string; unit: "bytes" | "ms" | "×"; value: number; budget?: number };

/** The most that a request may cost, compared with the same route written by hand. */
const BUDGETS: Partial<Record<Kind, Record<(typeof MODES)[number], number>>> = {
  "POST /api/items": { source: 2.7, cached: 2.3 },
  "GET /api/items/:id": { source: 2.2, cached: 2.2 },
};
/** The same, compared with bare Hono: `GET /health` does so little that Hono itself is most of its cost. */
const HONO_BUDGETS: typeof BUDGETS = { "GET /health": { source: 1.05, cached: 1.05 } };

/** The number of resources that are added to a copy of the project, to measure what each costs the other routes. */
const MORE_RESOURCES = 50;

const root = resolve(dirname(process.argv[1] ?? ""), "../../..");
const USAGE = `usage: npm run bench:cold -- [options]

  --rounds N   the number of rounds (default 400); more rounds give less noise
  --clock cpu  measures processor time instead of time, which a busy machine disturbs less
  --before DIR also measures the project in DIR, such as an older checkout with its node_modules
  --json FILE  writes the figures to FILE
`;
const { values: options } = parseOrExit(USAGE, {
  options: {
    rounds: { type: "string", default: "400" },
    json: { type: "string" },
    before: { type: "string" },
    clock: { type: "string", default: "wall" },
  },
});
const rounds = Number(options.rounds);
if (options.clock !== "wall" && options.clock !== "cpu") refuse("--clock must be wall or cpu.", USAGE);
const clock = CLOCKS[options.clock];
if (!Number.isInteger(rounds) || rounds < 1) refuse("--rounds must be a whole number greater than 0.", USAGE);

process.exitCode = process.execArgv.includes("--experimental-vm-modules") ? await bench() : runWithFlags();

/** Starts Node again, because it accepts these flags only at its start. */
function runWithFlags(): number {
  const args = [...NODE_FLAGS, join(root, "scripts/run.mjs"), ...process.argv.slice(1)];
  return spawnSync(process.execPath, args, { stdio: "inherit", cwd: root }).status ?? 1;
}

async function bench(): Promise<number> {
  const figures = await measureAll();
  console.log(`A request in a fresh context: medians of ${rounds} rounds, Node ${process.versions.node}\n`);
  for (const figure of figures) console.log(line(figure));
  if (options.json) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    const { node, v8 } = process.versions;
    writeFileSync(options.json, `${JSON.stringify({ node, v8, rounds, figures }, null, 2)}\n`);
  }
  return figures.some(({ value, budget }) => budget && verdict(value, budget) === "exceeded") ? 1 : 0;
}

async function measureAll(): Promise<Figure[]> {
  const { hand, hono, product } = candidates(root);
  const copy = copyWithMore(root, MORE_RESOURCES);
  const more = `product and ${MORE_RESOURCES} resources`;
  const one = await prepare(hand);
  const two = await prepare(hono);
  const own = await prepare(product);
  const grown = await prepare(productIn(copy, more));
  rmSync(copy, { recursive: true });
  const before =
    options.before === undefined ? [] : [await prepare(productIn(resolve(options.before), "before"))];
  // Reference 1 runs twice a round. The difference between its two results is the noise.
  const [oneTimes, twoTimes, ownTimes, grownTimes, oneAgain, beforeTimes] = await measure(
    [one, two, own, grown, one, ...before],
    rounds,
    clock,
  );

  const bytes = [one, two, own, grown, ...before].map(({ candidate, graph }): Figure => ({
    name: `bundle: ${candidate.name}`,
    unit: "bytes",
    value: graph.bytes,
    ...(candidate === product && { budget: 160 * 1024 }),
  }));
  const compared = KINDS.flatMap((kind) =>
    MODES.flatMap((mode): Figure[] => {
      const ratio = (times: Times, base: Times) => medianRatio(times[mode][kind], base[mode][kind]);
      const figure = (name: string, value: number, budget?: number): Figure => ({
        name: `${kind}, ${mode}: ${name}`,
        unit: "×",
        value,
        ...(budget !== undefined && { budget }),
      });
      return [
        figure("product / hand-written", ratio(ownTimes, oneTimes), BUDGETS[kind]?.[mode]),
        ...(beforeTimes ? [figure("before / hand-written", ratio(beforeTimes, oneTimes))] : []),
        figure("product / bare Hono", ratio(ownTimes, twoTimes), HONO_BUDGETS[kind]?.[mode]),
        figure("bare Hono / hand-written", ratio(twoTimes, oneTimes)),
        figure(`${more} / product`, ratio(grownTimes, ownTimes), 1.03),
        figure("hand-written / itself (the noise)", ratio(oneAgain, oneTimes)),
        { ...figure("hand-written", median(oneTimes[mode][kind])), unit: "ms" },
        { ...figure("product", median(ownTimes[mode][kind])), unit: "ms" },
      ];
    }),
  );
  return [...bytes, ...compared];
}

function line({ name, unit, value, budget }: Figure): string {
  const text = (figure: number) => (unit === "bytes" ? figure.toLocaleString("en") : figure.toFixed(2));
  const result = budget === undefined ? "" : `  budget ${text(budget)}: ${verdict(value, budget)}`;
  return `${name.padEnd(72)}${text(value).padStart(9)} ${unit.padEnd(5)}${result}`.trimEnd();
}
