import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Says after a run what was skipped, and for want of which secret. Nothing else may be: a test that is skipped for another
 * reason fails the run, and so does a run of nothing.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    const secrets = new Set(skipped.map(secretOf));
    const lines = [...secrets].map((secret) => {
      const wanted = skipped.filter((test) => secretOf(test) === secret);
      const suites = new Set(
        wanted.map(({ module }) => module.relativeModuleId.replace(/^.*\/suites\//, "")),
      );
      return `  ${wanted.length} for want of ${secret ?? "nothing that can be given"}: ${[...suites].join(", ")}`;
    });
    const total = `${count("passed")} passed, ${count("failed")} failed, ${skipped.length} skipped`;
    console.log(["", `End to end: ${total}`, ...lines].join("\n"));
    if (secrets.has(undefined) || tests.length === 0) process.exitCode = 1;
  }
}

/** What a test, or a group that it is in, has in its metadata. */
function secretOf(test: TestCase): string | undefined {
  return test.meta().needs;
}
