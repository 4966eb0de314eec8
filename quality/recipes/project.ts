import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { checked, type Send } from "../../openapi/contract/check";
import { describedBy } from "../../openapi/contract/described";
import { shellEnvironment } from "../lib/server";
import { startServer } from "../lib/testServer";
import { changed, stepsUnder, type Step } from "./guide";

const root = resolve(import.meta.dirname, "../..");

/** An adopter's copy of the project with the files of a clone. It links the installed packages of this project. */
export class Project {
  private constructor(readonly directory: string) {}

  static async copy(): Promise<Project> {
    const directory = await mkdtemp(join(tmpdir(), "adopter-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const listed = await output("git", ["ls-files", "--cached", "--others", "--exclude-standard"], root);
    for (const file of listed.split("\n").filter((name) => name !== "" && existsSync(join(root, name))))
      await cp(join(root, file), join(directory, file));
    // Links each package separately, because `node_modules/.cache` must not be shared.
    await mkdir(join(directory, "node_modules"));
    for (const name of await readdir(join(root, "node_modules")))
      if (name === ".bin" || !name.startsWith("."))
        await symlink(join(root, "node_modules", name), join(directory, "node_modules", name));
    // Some tests ask Git which files belong to the project.
    await output("git", ["init", "--quiet"], directory);
    await output("git", ["add", "--all"], directory);
    return new Project(directory);
  }

  /**
   * Applies the steps below a heading of a guide.
   *
   * @param guide the name of a file in `docs/guides/`, without `.md`.
   * @returns the files that the steps wrote or changed.
   */
  async follow(guide: string, heading: string): Promise<string[]> {
    const steps = stepsUnder(heading, await this.guide(guide));
    for (const step of steps) await this.apply(step);
    return filesOf(steps);
  }

  /**
   * Applies several whole guides in order. Runs each command of them once, at the end, because the commands take most of the time.
   *
   * @returns the files that the steps wrote or changed.
   */
  async followAll(guides: readonly string[]): Promise<string[]> {
    const steps: Step[] = [];
    for (const guide of guides) {
      const text = await this.guide(guide);
      steps.push(...stepsUnder(/^# .*/m.exec(text)?.[0] ?? "", text));
    }
    for (const step of steps) if (step.kind !== "run") await this.apply(step);
    const commands = new Set(
      steps.flatMap((step) => (step.kind === "run" ? step.commands.trim().split("\n") : [])),
    );
    for (const line of commands) await this.apply({ kind: "run", commands: line });
    return filesOf(steps);
  }

  /** Returns the text of a guide in the copy. */
  guide(name: string): Promise<string> {
    return readFile(join(this.directory, "docs", "guides", `${name}.md`), "utf8");
  }

  private async apply(step: Step): Promise<void> {
    if (step.kind === "run") {
      await this.run("bash", "-euo", "pipefail", "-c", step.commands);
      return;
    }
    const path = join(this.directory, step.file);
    const after =
      step.kind === "write" ? step.text : step.changes.reduce(changed, await readFile(path, "utf8"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, after);
  }

  /** Runs a command. @returns its output. @throws Error with its output if it fails. */
  run(command: string, ...args: string[]): Promise<string> {
    return output(command, args, this.directory);
  }

  /** Checks files with Prettier and ESLint. @throws Error with the findings. */
  async lint(files: readonly string[]): Promise<void> {
    await this.run("npx", "prettier", "--check", "--ignore-unknown", ...files);
    await this.run("npx", "eslint", "--max-warnings", "0", "--no-warn-ignored", ...files);
  }

  /**
   * Starts the copy as the README says. Returns its key and address, and a function that sends requests and checks the replies
   * against the copy's OpenAPI document.
   */
  async start(): Promise<{ send: Send; key: string; url: string }> {
    const command = ["npm", "start", "--"];
    const { url, key } = await startServer({ command, cwd: this.directory, settings: "project" });
    return { send: await this.sendTo(url), key, url };
  }

  private async sendTo(url: string): Promise<Send> {
    const text = await readFile(join(this.directory, "openapi", "openapi.json"), "utf8");
    const described = describedBy(JSON.parse(text) as JsonSchema);
    return checked((path, init) => fetch(url + path, init), { described, counts: false });
  }
}

const filesOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.flatMap((step) => (step.kind === "run" ? [] : [step.file]))),
];

async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, env: shellEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0)
    throw new Error(`${[command, ...args].join(" ")}\nexited with ${String(code)}:\n${printed}`);
  return printed;
}
