/**
 * `npm run bench:cold`: what a request costs on Convex, where each one evaluates the whole of `http.ts` anew.
 *
 * bench/README.md says what is compared and how to read the output.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { candidates } from "./candidates";
import { measure, MODES, prepare } from "./measure";
import { median, medianRatio, verdict } from "../lib/statistics";

/** Contexts with modules; no cache of compiled text within the process; garbage collected between rounds. */
const NODE_FLAGS = ["--experimental-vm-modules", "--no-compilation-cache", "--expose-gc", "--no-warnings"];

type Figure = { name: string; unit: "bytes" | "ms" | "×"; value: number; budget?: number };

const root = resolve(dirname(process.argv[1] ?? ""), "../..");
const USAGE = `usage: npm run bench:cold -- [options]

  --rounds N   more make less noise (400)
  --json FILE  keeps the figures
`;
const { values: options } = parseOrExit(USAGE, {
  options: { rounds: { type: "string", default: "400" }, json: { type: "string" } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse("--rounds takes a whole number above 0.", USAGE);

process.exitCode = process.execArgv.includes("--experimental-vm-modules") ? await bench() : runWithFlags();

/** Node takes its flags only at the start. */
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
  // Reference 1 runs twice a round: what it differs from itself is the noise.
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
  const judged = budget === undefined ? "" : `  budget ${text(budget)}: ${verdict(value, budget)}`;
  return `${name.padEnd(48)}${text(value).padStart(9)} ${unit.padEnd(5)}${judged}`.trimEnd();
}
