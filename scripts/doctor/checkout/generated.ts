/** Compares the generated files with new ones, which it generates outside the tree. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CLIENT_TYPES, clientTypes } from "../../../openapi/clientTypes";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

const run = promisify(execFile);
const DOCUMENT = "openapi/openapi.json";

/** Checks `convex/_generated/`, the OpenAPI document, and the types of the example client. */
export async function generated(project: string): Promise<Finding[]> {
  const found = await Promise.all([functionTypes(project), openApi(project), types(project)]);
  const findings = found.flat();
  return findings.length > 0
    ? findings
    : [ok("function types, OpenAPI document and client types are up to date")];
}

async function functionTypes(project: string): Promise<Finding[]> {
  const copy = mkdtempSync(join(tmpdir(), "doctor-"));
  try {
    const unchanged = readdirSync(project).filter((name) => name !== "convex" && !name.startsWith("."));
    for (const name of unchanged) symlinkSync(join(project, name), join(copy, name));
    cpSync(join(project, "convex"), join(copy, "convex"), { recursive: true });
    await run(process.execPath, [join(project, "scripts/codegen.mjs"), copy], { cwd: copy });
    const stale = generatedFiles(copy).filter((file) => textOf(copy, file) !== textOf(project, file));
    return stale.length > 0
      ? [problem(`Function types are out of date: ${stale.join(", ")}`, "Run `npm run codegen`.")]
      : [];
  } catch (error) {
    const what = `The function types cannot be generated: ${failure(error)}`;
    return [problem(what, "Run `npm run codegen` to see the whole error.")];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Lists all generated files. Each component of the project has a `_generated` folder of its own. */
function generatedFiles(project: string): string[] {
  return readdirSync(join(project, "convex"), { recursive: true, encoding: "utf8" })
    .map((file) => `convex/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\/_generated\/[^/]+\.\w+$/.test(file));
}

async function openApi(project: string): Promise<Finding[]> {
  try {
    const command = [join(project, "scripts/run.mjs"), "scripts/doctor/document.child.ts"];
    const { stdout } = await run(process.execPath, command, { cwd: project, maxBuffer: 2 ** 26 });
    return stdout === textOf(project, DOCUMENT)
      ? []
      : [problem(`${DOCUMENT} is out of date: it does not match the contracts`, "Run `npm run openapi`.")];
  } catch (error) {
    const what = `The OpenAPI document cannot be generated: ${failure(error)}`;
    return [problem(what, "Run `npm run openapi` to see the whole error.")];
  }
}

async function types(project: string): Promise<Finding[]> {
  const [document, current] = [textOf(project, DOCUMENT), textOf(project, CLIENT_TYPES)];
  if (document === undefined || current === undefined) return [];
  try {
    if ((await clientTypes(document)) === current) return [];
    const what = `${CLIENT_TYPES} is out of date: it does not match ${DOCUMENT}`;
    return [warning(what, "Run `npm run openapi:client`.")];
  } catch (error) {
    const what = `The client types cannot be generated: ${reasonOf(error)}`;
    return [warning(what, "Run `npm run openapi:lint` to find the error in the document.")];
  }
}

const textOf = (project: string, file: string): string | undefined =>
  existsSync(join(project, file)) ? readFileSync(join(project, file), "utf8") : undefined;

/** Returns the line of a command's output that names the error, or else the first line. */
function failure(error: unknown): string {
  const { stderr = "" } = error as { stderr?: string };
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error/i.test(line))?.trim() ?? lines[0]?.trim() ?? reasonOf(error);
}
