import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { changed, type Step } from "./guide";

const root = resolve(import.meta.dirname, "../..");

/**
 * The texts of the project's files, to which the steps of guides can be applied without a copy of the project. Commands other than `rm`
 * are not run, because they only generate and check files.
 */
export class Texts {
  private constructor(
    private readonly names: Set<string>,
    private readonly texts = new Map<string, string>(),
  ) {}

  static ofProject(): Texts {
    const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    const listed = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
    return new Texts(new Set(listed.filter((name) => name !== "" && existsSync(join(root, name)))));
  }

  /** Returns a copy, which shares no change with this one. */
  copy(): Texts {
    return new Texts(new Set(this.names), new Map(this.texts));
  }

  /** @throws Error if a step changes or removes what the files do not contain. */
  apply(steps: readonly Step[]): this {
    for (const step of steps) {
      if (step.kind === "run") for (const command of step.commands.split("\n")) this.run(command);
      else if (step.kind === "write") this.write(step.file, step.text);
      else this.write(step.file, step.changes.reduce(changed, this.read(step.file)));
    }
    return this;
  }

  /** Returns the changed files, each with its lines in a fixed order, and the number of files. */
  state(): Record<string, unknown> {
    const changes = [...this.texts].filter(([name]) => this.names.has(name)).sort();
    return {
      files: this.names.size,
      ...Object.fromEntries(changes.map(([name, text]) => [name, text.split("\n").sort().join("\n")])),
    };
  }

  private write(name: string, text: string): void {
    this.names.add(name);
    this.texts.set(name, text);
  }

  private read(name: string): string {
    if (!this.names.has(name)) throw new Error(`There is no file ${name}`);
    return this.texts.get(name) ?? readFileSync(join(root, name), "utf8");
  }

  private run(command: string): void {
    const [, options, patterns] = /^rm (?:-(\w+) )?(.+)$/.exec(command) ?? [];
    for (const pattern of patterns?.split(" ") ?? []) {
      const glob = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}(/|$)`);
      const found = [...this.names].filter((name) => glob.test(name));
      if (found.length === 0 && !options?.includes("f"))
        throw new Error(`${command}: there is no ${pattern}`);
      for (const name of found) this.names.delete(name);
    }
  }
}
