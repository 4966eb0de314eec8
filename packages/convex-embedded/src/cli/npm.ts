/**
 * What npm does to the programs that it starts.
 *
 * `npm start` starts a shell, and that the server. A signal to npm reaches the shell at most, which dies of it and passes
 * nothing on; so the server looks for itself whether npm is still there. And an option that is not behind `--` is npm's, which
 * makes an environment variable of it.
 */
import { readFileSync, readlinkSync, realpathSync } from "node:fs";

type Environment = Readonly<Record<string, string | undefined>>;

const LOOK_MS = 500;

/** Our scripts that read their command lines here. In others, such as `npm test`, options are not meant for us. */
const SCRIPTS = /^(start|embedded|e2e|abuse|faults|soak|bench:\w+)$/;

/** Options of ours whose names npm uses, too: who has set them may have meant npm. */
const ALSO_NPMS = new Set(["json", "key", "timing", "yes"]);

/** The option, with its dashes, that was meant for the program and that npm has kept; undefined if there is none. */
export function optionTakenByNpm(
  names: readonly string[],
  env: Environment = process.env,
): string | undefined {
  if (!SCRIPTS.test(env["npm_lifecycle_event"] ?? "")) return undefined;
  const taken = (name: string) => !ALSO_NPMS.has(name) && env[`npm_config_${name.replaceAll("-", "_")}`];
  const name = names.find(taken);
  return name && `--${name}`;
}

/** How the script that npm runs is called: `npm start`, `npm run abuse`. */
export function calledByNpm(env: Environment = process.env): string {
  const script = env["npm_lifecycle_event"] ?? "start";
  return script === "start" ? "npm start" : `npm run ${script}`;
}

/** Calls `stop` when the npm that has started this process as a script of ours is gone, however it ended. */
export function whenNpmEnds(stop: () => void, env: Environment = process.env): void {
  if (!/^(start|embedded)$/.test(env["npm_lifecycle_event"] ?? "")) return;
  const { ppid } = process;
  // Some shells leave their place to what they start. Then npm is the parent, and who its own parent is does not matter.
  const isShell = !isNpm(ppid, env["npm_node_execpath"]);
  const npm = isShell ? parentOf(ppid) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === ppid && (!isShell || parentOf(ppid) === npm)) return;
    clearInterval(timer);
    stop();
  }, LOOK_MS);
  timer.unref();
}

/** Whether a process runs npm's Node. False where nothing tells: outside Linux. */
function isNpm(pid: number, node: string | undefined): boolean {
  try {
    return node !== undefined && readlinkSync(`/proc/${pid}/exe`) === realpathSync(node);
  } catch {
    return false;
  }
}

/** The parent of a process, undefined where nothing tells: outside Linux, or when it is gone. */
function parentOf(pid: number): string | undefined {
  try {
    // "PID (name) state PPID …", and a name may have anything in it.
    return / (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) \S/s, ""))?.[1];
  } catch {
    return undefined;
  }
}
