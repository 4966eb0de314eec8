/** Runs the commands of docs/adopting.md in its order, as the guide has them. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { shellEnvironment } from "../../quality/lib/server";
import { startServer } from "../../quality/lib/testServer";
import { stepsUnder } from "../../quality/recipes/guide";
import { appLike } from "./app.testing";

const root = resolve(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/adopting.md"), "utf8");
const TITLE = "# Adopt the API in an existing app";
const WEBHOOK = "## From an app to a signed webhook";
const CHOICE = "## Choose parts and names";
const UPDATE = "## Update";
const TESTS = "## Test the app";

/** Returns the command lines below a heading. */
const commandsUnder = (heading: string): string[] =>
  stepsUnder(heading, guide).flatMap((step) => (step.kind === "run" ? step.commands.trim().split("\n") : []));

/** A terminal in the folder of this project, beside which the guide has the app. */
class Terminal {
  #cwd = root;
  #server: { url: string; key: string } | undefined;

  constructor(readonly app: string) {}

  /** Runs the command lines. @returns their outputs. @throws Error with the output of a command that fails. */
  async run(lines: readonly string[]): Promise<string[]> {
    const outputs: string[] = [];
    for (const line of lines) outputs.push(await this.#runLine(line.replaceAll("../notes-app", this.app)));
    return outputs;
  }

  async #runLine(line: string): Promise<string> {
    const [, folder] = /^cd (.*)$/.exec(line) ?? [];
    if (folder !== undefined) this.#cwd = folder;
    else if (line === "npm run api") {
      const command = [...line.split(" "), "--"];
      this.#server = await startServer({ command, cwd: this.#cwd, settings: "project" });
    } else return this.#shell(line);
    return "";
  }

  async #shell(line: string): Promise<string> {
    // Free ports, because the ports of the guide may be in use.
    const { url = "", key = "" } = this.#server ?? {};
    const address = line.startsWith("npm run webhook ") ? `${line} --url ${url}` : line;
    const command = address.replace("http://127.0.0.1:3211", url);
    const options = { cwd: this.#cwd, env: { ...shellEnvironment(), KEY: key } };
    return (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", command], options)).stdout;
  }
}

test("the commands lead from an app to a signed webhook, and the app passes the end-to-end tests", async () => {
  const terminal = new Terminal(appLike("plain", "notes-app"));
  const lines = commandsUnder(WEBHOOK);
  const outputs = await terminal.run(lines);
  const output = (part: string) => outputs[lines.findIndex((line) => line.includes(part))];
  expect(output("--dry-run")).toContain("would write convex/schema.ts");
  expect(JSON.parse(output("/api/items") ?? "")).toMatchObject({ name: "bolt" });
  const payments = async (): Promise<unknown> => JSON.parse((await terminal.run(lines.slice(-1)))[0] ?? "");
  await expect.poll(payments).toMatchObject([{ paymentStatus: "paid" }]);

  const [suites] = await new Terminal(terminal.app).run(commandsUnder(TESTS));
  expect(suites).toMatch(/End to end: \d+ passed, 0 failed, 0 skipped/);
});

test("the commands choose parts and names, and update the app", async () => {
  const terminal = new Terminal(appLike("plain", "notes-app"));
  const copied = (file: string) => readFileSync(join(terminal.app, "convex/api", file), "utf8");
  // The test above installs packages.
  await terminal.run(commandsUnder(CHOICE).map((line) => `${line} --no-install`));
  expect(copied("http/system/system.contract.ts")).toContain('name: "Notes API", version: "1.0.0"');
  expect(copied("identity/apiKey.lib.ts")).toContain('KEY_PREFIX = "notes_"');
  expect(() => copied("jobs.ts")).toThrow("ENOENT");

  const author = ["-c", "user.name=a", "-c", "user.email=a@localhost.invalid"];
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    [...author, "commit", "-q", "-m", "Adopt"],
  ])
    await promisify(execFile)("git", args, { cwd: terminal.app });
  const [same, more] = await terminal.run(commandsUnder(UPDATE).map((line) => `${line} --no-install`));
  expect(same).toContain("nothing to change");
  expect(more).toContain("wrote convex/api/jobs.ts");
  expect(copied("jobs.ts")).toContain("export const");
});

test("the tests above run every command of the guide", () => {
  expect(commandsUnder(TITLE)).toEqual([WEBHOOK, TESTS, CHOICE, UPDATE].flatMap(commandsUnder));
});
