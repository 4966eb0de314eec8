/** Runs the workload in rounds, each on a new data directory, and checks what every transaction saw. */
import type { Anomaly } from "./check/history";
import { TestServer } from "./server";
import type { EpochResult } from "./workload/epoch";
import { Epoch } from "./workload/epoch";
import type { Counts } from "./workload/recorder";

export interface RunOptions {
  /** The bundled server. */
  readonly program: string;
  readonly seed: number;
  /** The number of transactions, at least. */
  readonly transactions: number;
  /** The transactions of one epoch, at least. */
  readonly epochSize: number;
  /** Epochs on one data directory. */
  readonly epochsPerRound: number;
  /** Called after each epoch. */
  readonly onEpoch?: (sum: RunResult) => void;
}

export interface RunResult {
  readonly transactions: number;
  readonly counts: Counts;
  readonly epochs: number;
  readonly kills: number;
  readonly pushes: number;
  readonly anomalies: readonly Anomaly[];
}

const NOTHING: RunResult = {
  transactions: 0,
  counts: { mutations: 0, queries: 0, aborted: 0, unknown: 0, scheduled: 0, live: 0 },
  epochs: 0,
  kills: 0,
  pushes: 0,
  anomalies: [],
};

/** Runs until the number of transactions is reached, or an epoch had an anomaly. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { program, seed, transactions, epochSize: size, epochsPerRound, onEpoch } = options;
  let sum = NOTHING;
  while (sum.transactions < transactions && sum.anomalies.length === 0) {
    const server = await TestServer.start(program);
    try {
      for (let i = 0; i < epochsPerRound && sum.transactions < transactions; i++) {
        const { kills, pushes } = server;
        const epoch = new Epoch(server, { number: sum.epochs, seed, size, kill: true, push: true });
        const result = await epoch.run();
        sum = added(sum, result, server.kills - kills, server.pushes - pushes);
        onEpoch?.(sum);
        if (result.anomalies.length > 0) break;
      }
    } finally {
      await server.stop();
    }
  }
  return sum;
}

function added(sum: RunResult, result: EpochResult, kills: number, pushes: number): RunResult {
  const { transactions, counts, anomalies } = result;
  const names = Object.keys(counts) as (keyof Counts)[];
  return {
    transactions: sum.transactions + transactions,
    // Safe: the names are those of the counts.
    counts: Object.fromEntries(
      names.map((name) => [name, sum.counts[name] + counts[name]]),
    ) as unknown as Counts,
    epochs: sum.epochs + 1,
    kills: sum.kills + kills,
    pushes: sum.pushes + pushes,
    anomalies: [...sum.anomalies, ...anomalies],
  };
}
