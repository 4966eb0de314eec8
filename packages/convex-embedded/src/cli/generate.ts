/** Keeps `convex/_generated/` current while functions change. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Told {
  /** The files differ from those that were there. */
  readonly generated: () => void;
  /** @param output of the command. */
  readonly failed: (output: string) => void;
}

/**
 * A function that runs the project's own `npm run codegen`, once at a time: what is asked for meanwhile is one more run.
 *
 * @param project absolute path of the project.
 * @returns `null` for a project without that script.
 */
export function generator(project: string, told: Told): (() => void) | null {
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
      if (error) told.failed(output);
      else if (typesOf(project) !== before) told.generated();
      if (again) run();
    });
  };
  return run;
}

/** npm itself where it has started this process; on some systems its command is no program. */
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

/** The file that says which functions there are. */
function typesOf(project: string): string | null {
  try {
    return readFileSync(join(project, "convex/_generated/api.d.ts"), "utf8");
  } catch {
    return null;
  }
}
