import { defineConfig } from "vitest/config";

/** Not a project of the main configuration: how long these go on is said by their own command, `npm run faults`. */
export default defineConfig({
  test: {
    name: "faults",
    include: ["faults/*/*.test.ts"],
    // Most of the time is spent waiting: for starts, and for limits of time.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ["verbose"],
  },
});
