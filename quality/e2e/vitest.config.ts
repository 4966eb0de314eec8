import { defineConfig } from "vitest/config";

/** Not a project of the main configuration: what these suites need comes from their own command, `npm run e2e`. */
export default defineConfig({
  test: {
    name: "e2e",
    include: ["e2e/suites/**/*.test.ts"],
    // One request after the other, as far as the suites go: a self-hosted deployment lets four through at a time.
    fileParallelism: false,
    isolate: false,
    // For deployments far away that have just been woken up.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "./e2e/summary.reporter.ts"],
  },
});
