/** Runs the end-to-end suites against a deployment: `npm run e2e -- --help`. */
import { resolve } from "node:path";
import { startVitest } from "vitest/node";
import { UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { startDeployment } from "./deployment";
import { preflightError } from "./preflight";
import { parseOptions, USAGE, type Options } from "./options";

/** @returns the exit code. */
async function main(): Promise<number> {
  let options: Options | null;
  try {
    options = parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  const { given, app } = options;
  const refusal = given && (await preflightError(given));
  if (refusal) {
    console.error(refusal);
    return 1;
  }
  const { close, ...started } = given ? { given, close: undefined } : await startDeployment(app);
  try {
    console.log(
      `Deployment: ${started.given.baseUrl}${given ? "" : `, ${app?.root ?? "embedded"}, started for this run`}`,
    );
    const config = resolve("quality/e2e/vitest.config.ts");
    const run = { run: true, watch: false, config, provide: { given: started.given } };
    const vitest = await startVitest("test", options.only, run);
    await vitest.close();
  } finally {
    await close?.();
  }
  // Vitest and the reporters set the exit code if a test fails.
  return Number(process.exitCode ?? 0);
}

process.exitCode = await main();
