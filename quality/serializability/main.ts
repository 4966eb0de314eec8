/** `npm run serializability -- --help`: checks that transactions on a real server are strictly serializable. */
import { randomInt } from "node:crypto";
import { parseOrExit, refuse } from "../../packages/convex-embedded/src/cli/arguments";
import { bundleServer } from "./program";
import type { RunResult } from "./run";
import { run } from "./run";

const USAGE = `usage: npm run serializability -- [options]

  --transactions N  the number of transactions, at least (default 1000000)
  --seed N          repeats the random choices of the run that printed this seed; timing still differs between runs
`;

/** Large enough for many transactions between two kills, small enough to keep a history in memory. */
const EPOCH_SIZE = 10_000;
const EPOCHS_PER_ROUND = 5;
/** Further anomalies of an epoch seldom say more. */
const MAX_SHOWN = 20;

const { values } = parseOrExit(USAGE, {
  options: { transactions: { type: "string", default: "1000000" }, seed: { type: "string" } },
});
const transactions = Number(values.transactions);
const seed = Number(values.seed ?? randomInt(2 ** 31));
if (!Number.isInteger(transactions) || transactions < 1)
  refuse("--transactions must be a whole number greater than 0.", USAGE);
if (!Number.isInteger(seed)) refuse("--seed must be a whole number.", USAGE);

console.log(`Serializability: ${transactions} transactions, seed ${seed}`);
const started = performance.now();
const program = await bundleServer();
const result = await run({
  program,
  seed,
  transactions,
  epochSize: EPOCH_SIZE,
  epochsPerRound: EPOCHS_PER_ROUND,
  onEpoch: (sum) => console.log(lineOf(sum)),
});
for (const { kind, description } of result.anomalies.slice(0, MAX_SHOWN))
  console.log(`${kind}: ${description}`);
console.log(`seed ${seed}: ${lineOf(result)}`);
process.exitCode = result.anomalies.length === 0 ? 0 : 1;

function lineOf({ transactions, counts, kills, pushes, anomalies }: RunResult): string {
  const { mutations, queries, scheduled, live, aborted, unknown } = counts;
  const seconds = Math.round((performance.now() - started) / 1_000);
  return (
    `${transactions} transactions (${mutations} mutations, ${queries} queries, ${scheduled} scheduled), ${live} live results, ` +
    `${aborted} aborted, ${unknown} unknown, ${kills} kills, ${pushes} index pushes: ${anomalies.length} anomalies in ${seconds} s`
  );
}
