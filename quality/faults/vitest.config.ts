import { defineConfig } from "vitest/config";

/** Not a project of the main configuration, because `npm run faults` sets the size of a run. */
export default defineConfig({
  test: {
    name: "faults",
    include: ["quality/faults/*/*.test.ts"],
    // The suites mostly wait, for starts and time limits, so they can run in parallel on few cores.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ["verbose"],
  },
});
