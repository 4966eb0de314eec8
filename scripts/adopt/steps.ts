/** The commands that complete an adoption: they pack the runtime, install packages and generate files. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { App } from "./app";
import type { Layout } from "./layout";
import { runtimeFile, type Plan } from "./plan";

export type Step = {
  /** The command that the app's owner runs if the step did not succeed. */
  readonly command: string;
  readonly run: () => Promise<void>;
};

/** Returns the steps in order. @param ours the folder of this project. */
export function stepsFor(
  ours: string,
  { root }: App,
  { tools }: Layout,
  runtime: string,
  scripts: Plan["scripts"],
): Step[] {
  const manager = managerOf(root);
  const script = (name: string) => `${manager} run ${scripts[name]?.name ?? name}`;
  const tarball = join(root, runtimeFile(tools, runtime));
  const runtimeFolder = join(ours, "packages/convex-embedded");
  const pack = async (): Promise<void> => {
    if (existsSync(tarball)) return;
    mkdirSync(dirname(tarball), { recursive: true });
    await run("npm", ["pack", "--pack-destination", dirname(tarball)], runtimeFolder);
  };
  const install = async (): Promise<void> => {
    await run(manager, ["install"], root);
  };
  const codegen = async (): Promise<void> => {
    await run(process.execPath, [join(ours, "scripts/codegen.mjs"), root], root);
  };
  const document = async (): Promise<void> => {
    await run(process.execPath, ["scripts/run.mjs", "openapi/generate.ts"], join(root, tools));
  };
  return [
    { command: `npm pack ${runtimeFolder} --pack-destination ${dirname(tarball)}`, run: pack },
    { command: `${manager} install`, run: install },
    { command: script("codegen"), run: codegen },
    { command: script("openapi"), run: document },
  ];
}

/** Returns the package manager whose lock file is in the folder or above it. */
function managerOf(root: string): string {
  const LOCKS = { "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun" };
  for (let folder = root; ; folder = dirname(folder)) {
    for (const [file, manager] of Object.entries(LOCKS)) if (existsSync(join(folder, file))) return manager;
    if (existsSync(join(folder, "package-lock.json")) || dirname(folder) === folder) return "npm";
  }
}

/** Runs a command. @throws Error with its output if it fails. */
function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  // On Windows npm is a batch file.
  const shell = process.platform === "win32" && command !== process.execPath;
  const child = spawn(command, args, { cwd, shell, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done();
      else fail(new Error(output.trim() || `${command} exited with ${String(code)}`));
    });
  });
}
