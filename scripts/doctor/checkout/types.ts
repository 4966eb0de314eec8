/** The type check that `npx convex dev` and `npx convex deploy` run before they push. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { ok, problem, reasonOf, type Finding } from "../finding";

const run = promisify(execFile);
const CONFIG = "convex/tsconfig.json";
/** Errors to show; the rest are counted. */
const SHOWN = 5;

/** Runs the compiler as the Convex CLI does: `tsc --project convex`. */
export async function types(project: string): Promise<Finding[]> {
  if (!existsSync(join(project, CONFIG))) {
    const what = `${CONFIG} is missing: \`npx convex dev\` would write one that also checks the tests, and fail`;
    return [problem(what, `Restore it: \`git checkout HEAD -- ${CONFIG}\`.`)];
  }
  try {
    const compiler = createRequire(join(project, "package.json")).resolve("typescript/bin/tsc");
    const command = [compiler, "--project", "convex", "--noEmit", "--pretty", "false"];
    await run(process.execPath, command, { cwd: project, maxBuffer: 2 ** 26 });
    return [ok("the functions pass the type check of a push")];
  } catch (error) {
    return findings(error);
  }
}

function findings(error: unknown): Finding[] {
  const { stdout = "" } = error as { stdout?: string };
  const errors = stdout.split("\n").filter((line) => /\berror TS\d+:/.test(line));
  const remedy = `Correct the error. \`npx convex typecheck\` shows all errors. ${CONFIG} must exclude tests.`;
  if (errors.length === 0)
    return [problem(`The functions cannot be type-checked: ${reasonOf(error)}`, remedy)];
  const shown = errors.slice(0, SHOWN).map((line) => problem(line, remedy));
  const more = errors.length - shown.length;
  return more > 0 ? [...shown, problem(`${more} more type errors`, remedy)] : shown;
}
