import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The HTTP suites use only requests and replies, so they run unchanged on every engine. */
const overHttp = ["convex/http/**/*.test.ts"];
/** These suites call functions directly, through the interface that the official mock and the harness share. */
const ofFunctions = ["convex/*.test.ts"];
/** These suites need no engine, so they run once. */
const ofTheKit = ["convex/http/{kit,middleware}/**/*.test.ts", "convex/http/contracts.test.ts"];

const env = {
  CONVEX_SITE_URL: "https://api.example.test",
  // The suites send requests as fast as they can from one address. Rate limits have a separate suite.
  RATE_LIMIT_KEY_PER_MINUTE: "0",
  RATE_LIMIT_IP_PER_MINUTE: "0",
  // Suites receive webhooks on this machine.
  WEBHOOK_ALLOW_HTTP: "1",
  QUOTA_ENDPOINTS: "0",
  QUOTA_KEYS: "0",
};

/** Time limits only end tests that hang, so they allow for a busy machine. Vitest projects do not inherit them. */
const timeouts = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };
const setupFiles = ["./vitest.setup.ts"];
/**
 * Test files share their modules and globals, because evaluating the runtime anew for each file takes a third of the time.
 * Environment variables and globals that a test replaces are restored before the next test.
 */
const shared = { isolate: false, unstubEnvs: true, unstubGlobals: true };
/** These replace globals of their process, so they do not share it. */
const ofTheHarness = ["packages/convex-embedded/src/testing/**/*.test.ts"];
/** These add routes to the app of their process, or a problem to the catalogue. */
const withOwnRoutes = [
  "convex/http/middleware/{deprecation,plain,problemEntry,routeOptions}.test.ts",
  "convex/http/kit/{multipart,replies,restOfPath,streams}.test.ts",
];
/** `npm test` skips the slow tests, which start processes, call the compiler, or generate thousands of cases. */
const slow = ["**/*.slow.test.ts"];
/** All tests of these files need the embedded runtime. Vitest refuses a file without a test. */
const onlyEmbedded = ["**/*.embedded.test.ts"];

/** Tests import the runtime from its sources. */
const runtime = { "convex-embedded": `${import.meta.dirname}/packages/convex-embedded/src` };

const engine = (name: "convex-test" | "embedded") => ({
  resolve: { alias: runtime },
  test: {
    name,
    include: name === "convex-test" ? [...overHttp, ...ofFunctions] : overHttp,
    exclude: [...ofTheKit, ...slow, ...(name === "convex-test" ? onlyEmbedded : [])],
    provide: { engine: name },
    env,
    setupFiles,
    ...(name === "embedded" && shared),
    ...timeouts,
  },
});

/** Runs suites that were written for the official mock unchanged on the harness. */
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
        // Tests that the project's components publish with their sources.
        ...onTheHarness,
        test: {
          name: "published",
          include: [
            "node_modules/@convex-dev/{rate-limiter,batch-worker}/src/{client,component}/**/*.test.ts",
          ],
          exclude: [],
          server: { deps: { inline: [/@convex-dev/] } },
          ...timeouts,
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
          ...timeouts,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "unit",
          include: [
            ...ofTheKit,
            "convex/{lib,identity,outgoing,webhooks}/**/*.test.ts",
            "quality/{abuse,bench,serializability}/**/*.test.ts",
            "quality/*.test.ts",
            "quality/e2e/*.test.ts",
            "openapi/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: [...withOwnRoutes, ...slow],
          env,
          setupFiles,
          ...shared,
          ...timeouts,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "isolated",
          include: [...ofTheHarness, ...withOwnRoutes],
          exclude: slow,
          env,
          setupFiles,
          ...timeouts,
        },
      },
      {
        resolve: { alias: runtime },
        test: {
          name: "slow",
          include: slow,
          exclude: ["**/node_modules/**", "quality/e2e/browser/**"],
          provide: { engine: "embedded" as const },
          env,
          setupFiles,
          ...timeouts,
          hookTimeout: 900_000,
          testTimeout: 900_000,
        },
      },
      {
        // The recipes of the guides, followed on copies of the project. They run its commands, including the compiler.
        test: {
          name: "recipes",
          include: ["quality/recipes/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        // These need a browser, which not every machine has: `npm run test:browser`.
        resolve: { alias: runtime },
        test: { name: "browser", include: ["quality/e2e/browser/**/*.test.ts"], ...timeouts },
      },
    ],
    reporters: [
      "default",
      "./convex/http/testing/onlyOn.reporter.ts",
      "./openapi/contract/coverage.reporter.ts",
    ],
    // Log lines of requests are shown only for failed tests.
    silent: "passed-only",
    // By default Vitest reserves a core for its own process, which needs little time. One worker more than cores, because a
    // worker sometimes waits for a timer or a process.
    maxWorkers: availableParallelism() + 1,
  },
});
