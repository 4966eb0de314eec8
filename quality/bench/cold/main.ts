/**
 * `npm run bench:cold`: the cost of a request on Convex, where each request evaluates `http.ts` and its imports again.
 *
 * quality/bench/README.md describes the comparison and the output.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { candidates } from "./candidates";
import { measure, MODES, prepare } from "./measure";
import { median, medianRatio, verdict } from "../lib/statistics";

/** Modules in contexts, no compilation cache within the process, and garbage collection between rounds. */
const NODE_FLAGS = ["--experimental-vm-modules", "--no-compilation-cache", "--expose-gc", "--no-warnings"];

type Figure = { name: string; unit: "bytes" | "ms" | "×"; value: number; budget?: number };

const root = resolve(dirname(process.argv[1] ?? ""), "../../..");
const USAGE = `usage: npm run bench:cold -- [options]

  --rounds N   the number of rounds (default 400); more rounds give less noise
  --json FILE  writes the figures to FILE
`;
const { values: options } = parseOrExit(USAGE, {
  options: { rounds: { type: "string", default: "400" }, json: { type: "string" } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse("--rounds must be a whole number greater than 0.", USAGE);

process.exitCode = process.execArgv.includes("--experimental-vm-modules") ? await bench() : runWithFlags();

/** Starts Node again, because it accepts these flags only at its start. */
function runWithFlags(): number {
  const args = [...NODE_FLAGS, join(root, "scripts/run.mjs"), ...process.argv.slice(1)];
  return spawnSync(process.execPath, args, { stdio: "inherit", cwd: root }).status ?? 1;
}

async function bench(): Promise<number> {
  const figures = await measureAll();
  console.log(
    `POST /api/items in a fresh context: medians of ${rounds} rounds, Node ${process.versions.node}\n`,
  );
  for (const figure of figures) console.log(line(figure));
  if (options.json) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    const { node, v8 } = process.versions;
    writeFileSync(options.json, `${JSON.stringify({ node, v8, rounds, figures }, null, 2)}\n`);
  }
  return figures.some(({ value, budget }) => budget && verdict(value, budget) === "exceeded") ? 1 : 0;
}

async function measureAll(): Promise<Figure[]> {
  const convex = join(root, "convex");
  const { hand, hono, product } = candidates(root);
  const one = await prepare(convex, hand);
  const two = await prepare(convex, hono);
  const own = await prepare(convex, product);
  // Reference 1 runs twice a round. The difference between its two results is the noise.
  const [oneTimes, twoTimes, ownTimes, oneAgain] = await measure([one, two, own, one], rounds);

  return [
    { name: `bundle: ${product.name}`, unit: "bytes", value: own.graph.bytes, budget: 185 * 1024 },
    { name: `bundle: ${hand.name}`, unit: "bytes", value: one.graph.bytes },
    { name: `bundle: ${hono.name}`, unit: "bytes", value: two.graph.bytes },
    ...MODES.flatMap((mode): Figure[] => {
      const ratio = medianRatio(ownTimes[mode], oneTimes[mode]);
      const toHono = medianRatio(ownTimes[mode], twoTimes[mode]);
      const noise = medianRatio(oneAgain[mode], oneTimes[mode]);
      const honoToHand = medianRatio(twoTimes[mode], oneTimes[mode]);
      return [
        { name: `${mode}: ${product.name} / ${hand.name}`, unit: "×", value: ratio, budget: 3.5 },
        { name: `${mode}: ${product.name} / ${hono.name}`, unit: "×", value: toHono, budget: 1.6 },
        { name: `${mode}: ${hono.name} / ${hand.name}`, unit: "×", value: honoToHand },
        { name: `${mode}: ${hand.name} / itself (the noise)`, unit: "×", value: noise },
        { name: `${mode}: ${hand.name}`, unit: "ms", value: median(oneTimes[mode]) },
        { name: `${mode}: ${hono.name}`, unit: "ms", value: median(twoTimes[mode]) },
        { name: `${mode}: ${product.name}`, unit: "ms", value: median(ownTimes[mode]) },
      ];
    }),
  ];
}

function line({ name, unit, value, budget }: Figure): string {
  const text = (figure: number) => (unit === "bytes" ? figure.toLocaleString("en") : figure.toFixed(2));
  const result = budget === undefined ? "" : `  budget ${text(budget)}: ${verdict(value, budget)}`;
  return `${name.padEnd(48)}${text(value).padStart(9)} ${unit.padEnd(5)}${result}`.trimEnd();
}
