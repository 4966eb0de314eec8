/**
 * `npm run bench:http`: the whole API under a mix of requests, compared with the same work written by hand in the same run.
 *
 * quality/bench/README.md describes the comparison and the output.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseOrExit } from "../../../packages/convex-embedded/src/cli/arguments";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { tableOf, verdictOf } from "../lib/figures";
import { machine, write } from "../lib/output";
import type { Plan } from "./plan";
import { FULL, QUICK } from "./plan";
import { measureReads } from "./reads";
import { complaintsOf, figuresOf, latencyTable, summariesOf } from "./report";
import type { Rounds } from "./rounds";
import { playRounds, warmUp } from "./rounds";
import type { Servers } from "./servers";
import { failedEvents, startServers } from "./servers";
import { svgOf } from "./svg";

const USAGE = `usage: npm run bench:http -- [options]

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
  const directory = mkdtempSync(join(tmpdir(), "bench-http-"));
  const children: Child[] = [];
  const start = async (file: string): Promise<Child> => {
    const child = await Child.start(root, file);
    children.push(child);
    return child;
  };
  try {
    const plan: Plan = {
      ...(options.quick ? QUICK : FULL),
      ...{ root, directory },
      mixer: await start("quality/bench/http/mix.child.ts"),
      load: await start("quality/bench/lib/load.child.ts"),
      say: (line) => void process.stderr.write(`${line}\n`),
    };
    const servers = await startServers(plan, (child) => children.push(child));
    return report(plan, await measure(plan, servers));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(plan: Plan, servers: Servers): Promise<{ rounds: Rounds[]; figures: Figure[] }> {
  await warmUp(plan, servers);
  const reads = await measureReads(plan, servers);
  const rounds: Rounds[] = [];
  for (const connections of plan.connections) rounds.push(await playRounds(plan, servers, connections));
  const own = [servers.product, servers.limited, servers.mock];
  const failed = await Promise.all(own.map(({ target }) => failedEvents(target)));
  const failedTotal = failed.reduce((sum, count) => sum + count, 0);
  return { rounds, figures: [...reads, ...figuresOf(rounds, failedTotal)] };
}

function report(plan: Plan, { rounds, figures }: { rounds: Rounds[]; figures: Figure[] }): number {
  const about = `${plan.items.toLocaleString("en")} items (convex-test: ${plan.mockItems}), ${plan.rounds} rounds, ${machine()}`;
  const mix = rounds.map(summariesOf);
  console.log(`${about}\n\n${mix.map(latencyTable).join("\n\n")}\n\n${tableOf(figures)}`);
  for (const complaint of complaintsOf(rounds)) console.error(`\n${complaint}`);
  if (options.json) write(options.json, `${JSON.stringify({ about, figures, mix }, null, 2)}\n`);
  // A quick run does not replace the committed picture.
  const svg = options.svg ?? (options.quick ? undefined : join(root, "quality/bench/http/results.svg"));
  if (svg) write(svg, svgOf({ figures, mix, about }));
  return figures.some((figure) => verdictOf(figure) === "missed") ? 1 : 0;
}
