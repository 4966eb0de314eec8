import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reporter, TestModule, Vitest } from "vitest/node";
import { productDocument } from "./check";
import { missing, notedIn, RUN } from "./coverage";
import { EXCEPTIONS } from "./exceptions";

/** The projects whose tests send requests. */
const OVER_HTTP = ["convex-test", "embedded", "plain"];

/**
 * Fails a run in which traffic broke the contract, even where a test caught that; and a run of everything in which a
 * documented reply was never produced. A run of some files is not asked for all replies.
 */
export default class ContractReporter implements Reporter {
  private vitest: Vitest | undefined;
  private folder = "";

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
    this.folder = mkdtempSync(join(tmpdir(), "contract-"));
    // Workers inherit it.
    process.env[RUN] = this.folder;
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const { replies, violations } = notedIn(this.folder);
    const whole = await this.isWhole(modules);
    const lacking = whole ? missing(productDocument(), replies, EXCEPTIONS) : [];
    const said = [...new Set(violations), ...lacking];
    if (said.length > 0) {
      console.error(["", "The OpenAPI contract does not hold:", ...said].join("\n"));
      process.exitCode = 1;
    } else if (whole) {
      console.log(`\nTests have produced every documented reply, bar ${EXCEPTIONS.length} exceptions.`);
    }
  }

  /** True when every test of every file of these projects was to run. */
  private async isWhole(modules: readonly TestModule[]): Promise<boolean> {
    if (!this.vitest) return false;
    const { projects, config } = this.vitest;
    const names = projects.map(({ name }) => name);
    if (config.testNamePattern || config.shard || !OVER_HTTP.every((name) => names.includes(name)))
      return false;
    const ran = new Set(modules.map((one) => `${one.project.name} ${one.moduleId}`));
    const all = await this.vitest.globTestSpecifications();
    return all.every((one) => ran.has(`${one.project.name} ${one.moduleId}`));
  }
}
