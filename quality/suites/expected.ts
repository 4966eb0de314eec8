/** The published suites: how many tests pass, and why the others fail. */

export interface Suite {
  readonly name: string;
  /** The number of tests that pass. It may only rise. */
  readonly passed: number;
  /** The tests, or files, that fail: part of the file's path, part of the title, and the reason. */
  readonly fails?: readonly Failure[];
}

export interface Failure {
  readonly file: string;
  /** "" for all tests of the file, or for a file that cannot be loaded. */
  readonly title: string;
  readonly reason: string;
}
