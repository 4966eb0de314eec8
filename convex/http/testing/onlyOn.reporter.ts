import type { Reporter, TestModule } from "vitest/node";

/** Prints the tests that only one engine can run, with their reasons, after a run. */
export default class OnlyOnReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => {
        const only = test.meta().onlyOn;
        return only ? [`  ${only.engine}: ${test.fullName} (${only.reason})`] : [];
      }),
    );
    if (lines.length > 0) console.log(["", "Tests that only one engine can run:", ...lines].join("\n"));
  }
}
