/**
 * `npm run bench:embedded`: the speed of the embedded runtime, compared with the same work written by hand in the same run.
 *
 * quality/bench/README.md describes the comparison and the output.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseOrExit } from "../../../packages/convex-embedded/src/cli/arguments";
import { Child } from "../lib/children";
import { tableOf, verdictOf } from "../lib/figures";
import { machine, write } from "../lib/output";
import { measureLookUps } from "./lookups";
import { measureProduct } from "./product";
import { measureQuotas } from "./quotas";
import { measureSearches } from "./searches";
import { measureVectors } from "./vectors";
import { svgOf } from "./svg";
import { measureTraffic } from "./traffic";

const FULL = { rounds: 7, milliseconds: 1_000, warmUpMs: 3_000, starts: 5, loadMs: 60_000 };
const QUICK = { rounds: 5, milliseconds: 500, warmUpMs: 2_000, starts: 3, loadMs: 8_000 };
const SIZES = [1, 10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1, 10_000];

const USAGE = `usage: npm run bench:embedded -- [options]

  --quick      runs the short form for CI, with shorter turns and fewer documents
  --json FILE  writes the figures to FILE
  --svg FILE   draws the figures into FILE
`;

const { values: options } = parseOrExit(USAGE, {
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, svg: { type: "string" } },
});
const root = resolve(dirname(process.argv[1] ?? ""), "../../..");
process.exitCode = await bench();

async function bench(): Promise<number> {
  const scale = options.quick ? QUICK : FULL;
  const directory = mkdtempSync(join(tmpdir(), "bench-embedded-"));
  const load = await Child.start(root, "quality/bench/lib/load.child.ts");
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const plan = { root, directory, load, say, ...scale };
  try {
    // The start is measured first, while no other server is in memory.
    const product = await measureProduct(plan, scale);
    const lookUps = await measureLookUps(plan);
    const { figures: traffic, reads } = await measureTraffic(plan, options.quick ? QUICK_SIZES : SIZES);
    const searches = await measureSearches(plan, (options.quick ? QUICK_SIZES : SIZES).at(-1) ?? 0);
    const vectors = await measureVectors(plan);
    const quotas = await measureQuotas(plan);
    const figures = [...traffic, ...lookUps, ...searches, ...vectors, ...quotas, ...product];

    const about = `Medians of ${scale.rounds} rounds, ${machine()}`;
    console.log(`${about}\n\n${tableOf(figures)}`);
    if (options.json) write(options.json, `${JSON.stringify({ about, figures }, null, 2)}\n`);
    // A quick run does not replace the committed picture.
    const svg = options.svg ?? (options.quick ? undefined : join(root, "quality/bench/embedded/results.svg"));
    if (svg) write(svg, svgOf({ figures, reads, about }));
    return figures.some((figure) => verdictOf(figure) === "missed") ? 1 : 0;
  } finally {
    await load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
