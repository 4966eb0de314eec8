import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Prints how many tests were skipped, and the missing secrets and operations. A test that is skipped for another reason fails the run, and so
 * does a run without tests.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    const needs = new Set(skipped.map(needOf));
    const lines = [...needs].map((need) => {
      const affected = skipped.filter((test) => needOf(test) === need);
      const suites = new Set(
        affected.map(({ module }) => module.relativeModuleId.replace(/^.*\/suites\//, "")),
      );
      const reason = need === undefined ? "skipped for another reason" : `need ${nameOf(need)}`;
      return `  ${affected.length} ${reason}: ${[...suites].join(", ")}`;
    });
    const total = `${count("passed")} passed, ${count("failed")} failed, ${skipped.length} skipped`;
    console.log(["", `End to end: ${total}`, ...lines].join("\n"));
    if (needs.has(undefined) || tests.length === 0) process.exitCode = 1;
  }
}

/** Returns the missing secret or operation in the metadata of a test or its group. */
function needOf(test: TestCase): string | undefined {
  return test.meta().needs;
}

const nameOf = (need: string): string => (need.startsWith("--") ? need : `the operation ${need}`);
