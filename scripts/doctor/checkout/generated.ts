/** Generated files: made again elsewhere, and compared with those in the tree, which stays as it is. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CLIENT_TYPES, clientTypes } from "../../../openapi/clientTypes";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

const run = promisify(execFile);
const DOCUMENT = "openapi/openapi.json";

/** Looks at `convex/_generated/`, the OpenAPI document, and the types of the example client. */
export async function generated(project: string): Promise<Finding[]> {
  const found = await Promise.all([functionTypes(project), openApi(project), types(project)]);
  const findings = found.flat();
  return findings.length > 0
    ? findings
    : [ok("function types, OpenAPI document and client types are current")];
}

async function functionTypes(project: string): Promise<Finding[]> {
  const copy = mkdtempSync(join(tmpdir(), "doctor-"));
  try {
    const beside = readdirSync(project).filter((name) => name !== "convex" && !name.startsWith("."));
    for (const name of beside) symlinkSync(join(project, name), join(copy, name));
    cpSync(join(project, "convex"), join(copy, "convex"), { recursive: true });
    await run(process.execPath, [join(project, "scripts/codegen.mjs"), copy], { cwd: copy });
    const stale = generatedFiles(copy).filter((file) => textOf(copy, file) !== textOf(project, file));
    return stale.length > 0
      ? [problem(`${stale.join(", ")}: not what the functions make`, "Run `npm run codegen`.")]
      : [];
  } catch (error) {
    return [
      problem(`The types of the functions cannot be made: ${failure(error)}`, "Run `npm run codegen`."),
    ];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Components of the project have a folder of their own. */
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
      : [problem(`${DOCUMENT} is not what the contracts make`, "Run `npm run openapi`.")];
  } catch (error) {
    return [problem(`The OpenAPI document cannot be made: ${failure(error)}`, "Run `npm run openapi`.")];
  }
}

async function types(project: string): Promise<Finding[]> {
  const [document, there] = [textOf(project, DOCUMENT), textOf(project, CLIENT_TYPES)];
  if (document === undefined || there === undefined) return [];
  try {
    if ((await clientTypes(document)) === there) return [];
    return [warning(`${CLIENT_TYPES} is of another document`, "Run `npm run openapi:client`.")];
  } catch (error) {
    return [warning(`The client types cannot be made: ${reasonOf(error)}`, "Run `npm run openapi:lint`.")];
  }
}

const textOf = (project: string, file: string): string | undefined =>
  existsSync(join(project, file)) ? readFileSync(join(project, file), "utf8") : undefined;

/** The line of a command's output that says what went wrong, or the first. */
function failure(error: unknown): string {
  const { stderr = "" } = error as { stderr?: string };
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error/i.test(line))?.trim() ?? lines[0]?.trim() ?? reasonOf(error);
}
