import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { productDocument } from "./check";
import { missing, recordsIn, RUN } from "./coverage";
import { EXCEPTIONS } from "./exceptions";

/** The projects whose tests send requests. */
const OVER_HTTP = ["convex-test", "embedded", "plain"];

/**
 * Fails a run if traffic broke the contract, even if a test caught the error. Fails a run of all tests if no test produced a
 * documented reply. A run of some tests need not produce all replies.
 */
export default class ContractReporter implements Reporter {
  private vitest: Vitest | undefined;
  private folder = "";

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
    this.folder = mkdtempSync(join(tmpdir(), "contract-"));
    // Workers inherit the variable.
    process.env[RUN] = this.folder;
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const { replies, violations } = recordsIn(this.folder);
    const complete = await this.isComplete(modules);
    const uncovered = complete ? missing(productDocument(), replies, EXCEPTIONS) : [];
    const messages = [...new Set(violations), ...uncovered];
    if (messages.length > 0) {
      console.error(["", "The OpenAPI contract does not hold:", ...messages].join("\n"));
      process.exitCode = 1;
    } else if (complete) {
      console.log(
        `\nTests have produced every documented reply, except for ${EXCEPTIONS.length} exceptions.`,
      );
    }
  }

  /** Whether the run included every test of every file. */
  private async isComplete(modules: readonly TestModule[]): Promise<boolean> {
    if (!this.vitest) return false;
    const { projects, config } = this.vitest;
    const names = projects.map(({ name }) => name);
    if (config.testNamePattern || config.shard || !OVER_HTTP.every((name) => names.includes(name)))
      return false;
    const ran = new Set(modules.map((file) => `${file.project.name} ${file.moduleId}`));
    const all = await this.vitest.globTestSpecifications();
    return all.every((file) => ran.has(`${file.project.name} ${file.moduleId}`));
  }
}
