/** Installs packages that only one test needs into a cache folder, so that the project itself has few dependencies. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "../../node_modules/.cache");
const FILES = ["package.json", "package-lock.json"];

/**
 * Installs the packages of a lock file, once for each state of the two files. The folder appears at once and complete, however many
 * processes install it.
 *
 * @param source The folder of `package.json` and `package-lock.json`.
 * @param name The name of the folder in the cache.
 * @param options More options of `npm ci`.
 * @returns the absolute path of the folder that holds `node_modules`.
 */
export async function installOnce(
  source: string,
  name: string,
  options: readonly string[] = [],
): Promise<string> {
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(readFileSync(join(source, file)));
  const cache = join(CACHE, name);
  const folder = join(cache, `${hash.digest("hex").slice(0, 12)}-installed`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const own = mkdtempSync(join(cache, "installing-"));
  for (const file of FILES) cpSync(join(source, file), join(own, file));
  const always = ["--ignore-scripts", "--no-audit", "--no-fund", "--workspaces=false"];
  await run(own, "npm", ["ci", ...always, ...options]);
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * Runs a command in a folder and returns its output. Rejects with the end of the output if the command fails.
 *
 * @param codes The exit codes that count as success.
 */
export function run(
  folder: string,
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  { timeoutMs = 600_000, codes = [0] }: { timeoutMs?: number; codes?: readonly number[] } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    // Disables telemetry and update notices, because tests do not use the network.
    const env = { ...process.env, CI: "1", DO_NOT_TRACK: "1", NO_UPDATE_NOTIFIER: "1", ...variables };
    const child = spawn(command, args, {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += String(text)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== null && codes.includes(code)) resolve(printed);
      else
        reject(
          new Error(`${command} ${args.join(" ")} exited with ${String(code)}:\n${printed.slice(-4000)}`),
        );
    });
  });
}
