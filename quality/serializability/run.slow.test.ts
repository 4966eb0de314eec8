/** A short run of the workload, and runs on copies of the runtime with planted bugs. */
import { expect, onTestFinished, test } from "vitest";
import { SEED } from "../../packages/convex-embedded/fixtures/random";
import { PLANTED_BUGS } from "./plantedBugs";
import { bundleServer } from "./program";
import { run } from "./run";
import { TestServer } from "./server";
import { Epoch } from "./workload/epoch";

/** Transactions are far more than these, because an epoch ends after its kill and its push. */
const TRANSACTIONS = 4_000;

test("transactions on a server that is killed and gets new indexes are strictly serializable", async () => {
  const result = await run({
    program: await bundleServer(),
    seed: SEED,
    transactions: TRANSACTIONS,
    epochSize: TRANSACTIONS / 2,
    epochsPerRound: 2,
  });
  console.log(JSON.stringify(result));
  expect(result.anomalies).toEqual([]);
  const { counts, kills, pushes } = result;
  expect(kills).toBe(2);
  expect(pushes).toBeGreaterThan(0);
  // A run without one of these would prove little.
  for (const count of [counts.mutations, counts.queries, counts.aborted, counts.scheduled, counts.live]) {
    expect(count).toBeGreaterThan(100);
  }
});

/** Each run ends with the first epoch that has an anomaly. */
const MAX_EPOCHS = 8;

test.each(PLANTED_BUGS)("the checker finds a planted bug: $name", async (bug) => {
  const server = await TestServer.start(await bundleServer(bug));
  onTestFinished(() => server.stop());
  const found = new Set<string>();
  for (let number = 0; number < MAX_EPOCHS && !bug.finds.some((kind) => found.has(kind)); number++) {
    const epoch = new Epoch(server, { number, seed: SEED, size: 1_000, kill: bug.needsKill, push: false });
    for (const { kind } of (await epoch.run()).anomalies) found.add(kind);
  }
  expect([...found]).toEqual(expect.arrayContaining([expect.toBeOneOf([...bug.finds])]));
});
