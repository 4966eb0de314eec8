import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Prints how many tests were skipped, and the missing secrets. A test that is skipped for another reason fails the run, and so
 * does a run without tests.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    const secrets = new Set(skipped.map(secretOf));
    const lines = [...secrets].map((secret) => {
      const affected = skipped.filter((test) => secretOf(test) === secret);
      const suites = new Set(
        affected.map(({ module }) => module.relativeModuleId.replace(/^.*\/suites\//, "")),
      );
      const reason = secret === undefined ? "skipped for another reason" : `need ${secret}`;
      return `  ${affected.length} ${reason}: ${[...suites].join(", ")}`;
    });
    const total = `${count("passed")} passed, ${count("failed")} failed, ${skipped.length} skipped`;
    console.log(["", `End to end: ${total}`, ...lines].join("\n"));
    if (secrets.has(undefined) || tests.length === 0) process.exitCode = 1;
  }
}

/** Returns the missing secret in the metadata of a test or its group. */
function secretOf(test: TestCase): string | undefined {
  return test.meta().needs;
}
