/** The tests that packages of Convex's ecosystem publish, run on the harness. quality/suites/README.md has the table. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { installOnce, run } from "../lib/install";
import { SUITES } from "./expected";
import { resultsIn } from "./results";

/** A run takes minutes on two idle cores, and half an hour on a busy machine. */
const TIMEOUT_MS = 3_600_000;

test(
  "at least as many tests of the published suites pass on the harness as before, and every failure has a reason",
  { timeout: 2 * TIMEOUT_MS },
  async () => {
    const folder = await installOnce(import.meta.dirname, "suites", ["--legacy-peer-deps"]);
    const report = join(folder, `report.${process.pid}.json`);
    const config = join(import.meta.dirname, "vitest.config.ts");
    const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--config", config, "--reporter=json", `--outputFile=${report}`];
    // Vitest exits with 1 if a test fails.
    await run(
      folder,
      process.execPath,
      args,
      { SUITES_FOLDER: folder },
      { timeoutMs: TIMEOUT_MS, codes: [0, 1] },
    );
    const results = resultsIn(report);
    expect([...results.keys()].toSorted()).toEqual(SUITES.map(({ name }) => name).toSorted());
    for (const { name, passed, failures = [] } of SUITES) {
      const result = results.get(name);
      const unexplained = result?.failed.filter(
        (failed) => !failures.some(({ test }) => failed.startsWith(test)),
      );
      expect(unexplained, `${name}: failures without a reason in expected.ts`).toEqual([]);
      expect(result?.passed, `${name}: tests that pass`).toBeGreaterThanOrEqual(passed);
    }
  },
);
