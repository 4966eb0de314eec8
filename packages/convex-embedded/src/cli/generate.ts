/** Keeps the generated code current while functions change. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { functionsFolder } from "../runtime/convexJson";

interface Listener {
  /** Called when the generated files have changed. */
  readonly generated: () => void;
  /** Called when the command fails. @param output of the command. */
  readonly failed: (output: string) => void;
}

/**
 * Returns a function that runs the project's own `npm run codegen`, one run at a time. Calls during a run cause one more run.
 *
 * @param project absolute path of the project.
 * @returns `null` for a project without that script.
 */
export function generator(project: string, listener: Listener): (() => void) | null {
  if (!hasScript(project)) return null;
  let running = false;
  let again = false;
  const run = (): void => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    const before = typesOf(project);
    npm(project, (error, output) => {
      running = false;
      if (error) listener.failed(output);
      else if (typesOf(project) !== before) listener.generated();
      if (again) run();
    });
  };
  return run;
}

/** Runs npm through its script if npm started this process, because on some systems the `npm` command is not an executable. */
function npm(project: string, done: (error: Error | null, output: string) => void): void {
  const cli = process.env["npm_execpath"];
  const args = ["run", "--silent", "codegen"];
  const [file, all] = cli?.endsWith(".js") === true ? [process.execPath, [cli, ...args]] : ["npm", args];
  execFile(file, all, { cwd: project }, (error, stdout, stderr) => done(error, stdout + stderr));
}

function hasScript(project: string): boolean {
  try {
    const text = readFileSync(join(project, "package.json"), "utf8");
    const { scripts } = JSON.parse(text) as { scripts?: Record<string, string> };
    return scripts?.["codegen"] !== undefined;
  } catch {
    return false;
  }
}

/** Returns the generated file that lists the functions, `null` if it does not exist. */
function typesOf(project: string): string | null {
  try {
    return readFileSync(join(functionsFolder(project), "_generated/api.d.ts"), "utf8");
  } catch {
    return null;
  }
}
