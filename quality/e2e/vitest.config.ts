import { defineConfig } from "vitest/config";

/** Not a project of the main configuration, because `npm run e2e` provides the deployment and the secrets. */
export default defineConfig({
  test: {
    name: "e2e",
    include: ["quality/e2e/suites/**/*.test.ts"],
    // One file at a time, because a self-hosted deployment runs only four requests at a time.
    fileParallelism: false,
    isolate: false,
    // Allows for distant deployments that must start first.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "./quality/e2e/summary.reporter.ts"],
  },
});
