/**
 * Writes `_generated/` beside the functions with the official CLI, but without a deployment: `node scripts/codegen.mjs [DIR]`.
 *
 * `convex codegen` asks a deployment to analyze the code before it writes types. This script starts a stub deployment in its
 * own process, which evaluates component definitions and the functions of components whose sources are in the project. It does
 * not evaluate the app's own functions, because their types come from their sources. No code leaves the machine, and the same
 * sources give the same files.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { stubDeployment } from "./codegen/deployment.mjs";
import { generated, outcome } from "./codegen/generated.mjs";

const project = resolve(process.argv[2] ?? ".");
const deployment = await stubDeployment(project);
try {
  const before = generated(project);
  process.exitCode = await runCli(deployment.url);
  if (process.exitCode === 0) console.log(outcome(project, before, generated(project)));
} finally {
  deployment.close();
}

/** Runs the official command. Prints its output only if it fails. @returns its exit code. */
function runCli(url) {
  const require = createRequire(join(project, "package.json"));
  const main = join(dirname(require.resolve("convex/package.json")), "bin", "main.js");
  const options = ["--url", url, "--admin-key", "codegen", "--typecheck", "disable"];
  const cli = spawn(process.execPath, [main, "codegen", ...options], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1" },
  });
  let output = "";
  cli.stdout.on("data", (chunk) => (output += chunk));
  cli.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((done, fail) => {
    cli.on("error", fail);
    cli.on("close", (code) => {
      if (code !== 0) process.stderr.write(output);
      done(code ?? 1);
    });
  });
}
