/** Lints `openapi/openapi.json`, prints every finding, and fails if there is a finding: `npm run openapi:lint`. */
import { readFileSync } from "node:fs";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { lint } from "./lint/linters";

const FILE = "openapi/openapi.json";

const findings = await lint(JSON.parse(readFileSync(FILE, "utf8")) as JsonSchema, FILE);
for (const { linter, rule, message, where } of findings)
  console.error(`${linter} ${rule}: ${message}\n  ${where}`);
console.log(findings.length === 0 ? `${FILE}: no findings` : `${FILE}: ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
