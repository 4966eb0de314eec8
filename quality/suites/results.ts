/** Reads the JSON report of a run. */
import { readFileSync } from "node:fs";

export interface SuiteResult {
  passed: number;
  /** The failed tests, and the files that could not be loaded: `src/a.test.ts: title`. */
  readonly failed: string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Returns the results by package. @param file The report. */
export function resultsIn(file: string): Map<string, SuiteResult> {
  // Safe: Vitest writes this form.
  const { testResults } = JSON.parse(readFileSync(file, "utf8")) as Report;
  const results = new Map<string, SuiteResult>();
  for (const { name, status, assertionResults } of testResults) {
    const [, suite = "", path = ""] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(name) ?? [];
    const result = results.get(suite) ?? { passed: 0, failed: [] };
    results.set(suite, result);
    if (status === "failed" && assertionResults.length === 0) result.failed.push(`${path}: cannot be loaded`);
    for (const test of assertionResults) {
      if (test.status === "passed") result.passed++;
      else if (test.status === "failed") result.failed.push(`${path}: ${test.fullName.trim()}`);
    }
  }
  return results;
}
