/** The configuration of a run of the published suites. `SUITES_FOLDER` is the folder in which they are installed. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const HARNESS = join(import.meta.dirname, "../../packages/convex-embedded/src/testing/index.ts");
const TIMEOUT_MS = 300_000;

const root = process.env["SUITES_FOLDER"];
if (root === undefined)
  throw new Error("Set SUITES_FOLDER to the folder in which the packages are installed.");

export default defineConfig({
  root,
  resolve: {
    // The suites import the official mock. They run unchanged on the harness.
    alias: { "convex-test": HARNESS },
    // The harness and the suites must share one copy of each.
    dedupe: ["convex", "convex-helpers", "react", "react-dom"],
  },
  test: {
    include: ["node_modules/{@convex-dev/*,fluent-convex}/src/**/*.test.{ts,tsx}"],
    // Vitest excludes `node_modules` by default. The tests of React hooks need a browser's document, and do not use the runtime.
    exclude: ["**/rate-limiter/src/react/**"],
    server: { deps: { inline: [/@convex-dev/, /fluent-convex/] } },
    silent: true,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
  },
});
