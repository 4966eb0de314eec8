/**
 * `npm run doctor`: starts the doctor, which is written in TypeScript. Without packages, or on a Node that is too old, it
 * cannot start, so these two are looked at here.
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
  giveUp(`The packages are not there: ${error.message.split("\n", 1)[0]}`, "Run `npm ci`.");
}

process.argv.splice(2, 0, join(root, "scripts/doctor/main.ts"));
try {
  await import("../run.mjs");
} catch (error) {
  // The doctor uses files of the project. What is wrong with one of them keeps it from starting.
  const [{ text, location } = {}] = error.errors ?? [];
  if (!location) throw error;
  giveUp(
    `${location.file}:${location.line}: ${text}`,
    "Mend the file, or bring back what is missing; `git status` names what has changed.",
  );
}
