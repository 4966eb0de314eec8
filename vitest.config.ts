import { defineConfig } from "vitest/config";

/** The HTTP suites know only requests and replies, so they run as they stand on every engine. */
const overHttp = ["convex/http/**/*.test.ts"];
/** These call functions themselves, by the shape that the official mock and the harness share. */
const ofFunctions = ["convex/*.test.ts"];
/** These need no engine and run once. */
const ofTheKit = ["convex/http/{kit,middleware}/**/*.test.ts", "convex/http/contracts.test.ts"];

const env = {
  CONVEX_SITE_URL: "https://api.example.test",
  // Suites call as fast as they can, and all from one address. What limits do has a suite of its own.
  RATE_LIMIT_KEY_PER_MINUTE: "0",
  RATE_LIMIT_IP_PER_MINUTE: "0",
};

/** Projects do not inherit these. Time limits are for what hangs: on a busy machine much takes long that takes no time alone. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };
const setupFiles = ["./vitest.setup.ts"];
/** Test files share their modules and globals, because evaluating the runtime anew for each file takes a third of the time. */
const shared = { isolate: false };
/** These replace globals of their process, so they do not share it. */
const ofTheHarness = ["packages/convex-embedded/src/testing/**/*.test.ts"];
/** Slow tests are not in `npm test`: they start processes, call the compiler, or generate thousands of cases. */
const slow = ["**/*.slow.test.ts"];

/** The runtime is used from its sources. */
const runtime = { "convex-embedded": `${import.meta.dirname}/packages/convex-embedded/src` };

const engine = (name: "convex-test" | "embedded") => ({
  resolve: { alias: runtime },
  test: {
    name,
    include: name === "convex-test" ? [...overHttp, ...ofFunctions] : overHttp,
    exclude: [...ofTheKit, ...slow],
    provide: { engine: name },
    env,
    setupFiles,
    ...(name === "embedded" && shared),
    ...patience,
  },
});

/** Suites that were written for the official mock run unchanged on the harness. */
const onTheHarness = {
  resolve: { alias: { ...runtime, "convex-test": `${runtime["convex-embedded"]}/testing/index.ts` } },
};

export default defineConfig({
  test: {
    projects: [
      engine("convex-test"),
      engine("embedded"),
      { ...onTheHarness, test: { ...engine("convex-test").test, name: "harness", include: overHttp } },
      { ...onTheHarness, test: { ...engine("convex-test").test, name: "functions", include: ofFunctions } },
      {
        // What the components of this project publish with their sources.
        ...onTheHarness,
        test: {
          name: "published",
          include: [
            "node_modules/@convex-dev/{rate-limiter,batch-worker}/src/{client,component}/**/*.test.ts",
          ],
          exclude: [],
          server: { deps: { inline: [/@convex-dev/] } },
          ...patience,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "runtime",
          include: ["packages/**/*.test.ts"],
          exclude: [...ofTheHarness, ...slow],
          env,
          setupFiles,
          ...shared,
          ...patience,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "unit",
          include: [
            ...ofTheKit,
            ...ofTheHarness,
            "convex/{lib,identity,webhooks}/**/*.test.ts",
            "quality/{abuse,bench}/**/*.test.ts",
            "quality/*.test.ts",
            "quality/e2e/*.test.ts",
            "openapi/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: slow,
          env,
          setupFiles,
          ...patience,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "slow",
          include: slow,
          exclude: ["**/node_modules/**"],
          provide: { engine: "embedded" as const },
          env,
          setupFiles,
          ...patience,
          hookTimeout: 900_000,
          testTimeout: 900_000,
        },
      },
      {
        // Copies of the project, changed as the README says: they run its commands, the compiler among them.
        test: {
          name: "recipes",
          include: ["quality/recipes/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        // In a real browser, which not every machine has: `npm run test:browser`.
        resolve: { alias: runtime },
        test: { name: "browser", include: ["quality/e2e/browser/**/*.test.ts"], ...patience },
      },
    ],
    reporters: [
      "default",
      "./convex/http/testing/onlyOn.reporter.ts",
      "./openapi/contract/coverage.reporter.ts",
    ],
    // The log lines of requests are of interest where a case fails.
    silent: "passed-only",
    // Vitest leaves a core to its own process, which has little to do: on two cores, half of the time.
    maxWorkers: "100%",
  },
});
