/**
 * `npm run doctor`: starts the doctor, which is written in TypeScript. It cannot start without packages or on an old Node, so
 * this file checks both first.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

function giveUp(what, remedy) {
  if (process.argv.includes("--json")) {
    const findings = [{ check: "machine", level: "problem", what, do: remedy }];
    console.log(JSON.stringify({ subject: root, problems: 1, warnings: 0, findings }, null, 2));
  } else console.log(`problem  ${what}\n         → ${remedy}`);
  process.exit(1);
}

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) giveUp(`Node ${process.versions.node} is too old`, `Install Node ${engines.node}.`);
try {
  createRequire(join(root, "package.json"))("esbuild");
} catch (error) {
  giveUp(`The packages are not installed: ${error.message.split("\n", 1)[0]}`, "Run `npm ci`.");
}

process.argv.splice(2, 0, join(root, "scripts/doctor/main.ts"));
try {
  await import("../run.mjs");
} catch (error) {
  // The doctor imports files of the project. An error in one of them keeps it from starting.
  const [{ text, location } = {}] = error.errors ?? [];
  if (!location) throw error;
  giveUp(
    `${location.file}:${location.line}: ${text}`,
    "Correct the file, or restore what is missing. `git status` lists the changes.",
  );
}
