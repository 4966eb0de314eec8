/**
 * Handles the effects of npm on the programs that it starts.
 *
 * `npm start` starts a shell, which starts the server. A signal to npm reaches at most the shell, which exits without forwarding it.
 * The server therefore checks whether npm still runs. npm also consumes options that are not after `--` and turns them into
 * environment variables.
 */
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { relative } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

const POLL_MS = 500;

/** Options whose names npm uses too: setting them may have been meant for npm. */
const SHARED_WITH_NPM = new Set(["json", "key", "timing", "yes"]);

/** Returns the option, with its dashes, that npm consumed although it belongs to the program; `undefined` if there is none. */
export function optionTakenByNpm(
  names: readonly string[],
  env: Environment = process.env,
): string | undefined {
  if (!isScriptsProgram(env)) return undefined;
  const taken = (name: string) =>
    !SHARED_WITH_NPM.has(name) && env[`npm_config_${name.replaceAll("-", "_")}`];
  const name = names.find(taken);
  return name && `--${name}`;
}

/** Returns the command of the npm script that is running: `npm start`, `npm run abuse`. */
export function calledByNpm(env: Environment = process.env): string {
  const script = env["npm_lifecycle_event"] ?? "start";
  return script === "start" ? "npm start" : `npm run ${script}`;
}

/** True if the running npm script starts this program, that is, if the script's text names it. */
function isScriptsProgram(env: Environment): boolean {
  const script = env["npm_lifecycle_script"] ?? "";
  const program = relative(process.cwd(), process.argv[1] ?? "");
  return /\bconvex-embedded\b(?!\/)/.test(script) || (program !== "" && script.includes(program));
}

/** Calls `stop` when the npm process that started this one has ended in any way. */
export function whenNpmEnds(stop: () => void, env: Environment = process.env): void {
  if (!isScriptsProgram(env)) return;
  const { ppid } = process;
  // Some shells replace themselves with the program. Then npm is the parent, and npm's own parent does not matter.
  const isShell = !isNpm(ppid, env["npm_node_execpath"]);
  const npm = isShell ? parentOf(ppid) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === ppid && (!isShell || parentOf(ppid) === npm)) return;
    clearInterval(timer);
    stop();
  }, POLL_MS);
  timer.unref();
}

/** True if a process runs npm's Node. False outside Linux, where this is unknown. */
function isNpm(pid: number, node: string | undefined): boolean {
  try {
    return node !== undefined && readlinkSync(`/proc/${pid}/exe`) === realpathSync(node);
  } catch {
    return false;
  }
}

/** Returns the parent of a process; `undefined` outside Linux, or if the process has ended. */
function parentOf(pid: number): string | undefined {
  try {
    // "PID (name) state PPID …", where the name may contain any character.
    return / (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) \S/s, ""))?.[1];
  } catch {
    return undefined;
  }
}
