/**
 * Runs the checks of the sources, two at a time: `npm run check`. The linter takes as long as all the others together.
 *
 * Each check prints its output when it ends. All checks run, even if one fails, and then the exit code is 1.
 */
import { spawn } from "node:child_process";

const lanes = [["check:lint"], ["check:types", "check:format", "check:unused", "check:prose"]];
const failed = [];

await Promise.all(
  lanes.map(async (checks) => {
    for (const check of checks) if ((await run(check)) !== 0) failed.push(check);
  }),
);
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

/** Runs a script of package.json. @returns its exit code; 1 if a signal ended it. */
function run(script) {
  const child = spawn("npm", ["run", "--silent", script], {
    stdio: ["ignore", "pipe", "pipe"],
    // On Windows npm is a batch file.
    shell: process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      console.log(`${code === 0 ? "passed" : "FAILED"}: ${script}\n${output}`.trimEnd());
      resolve(code ?? 1);
    });
  });
}
