import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TestModule, Vitest } from "vitest/node";
import { recordViolations, RUN } from "./coverage";
import ContractReporter from "./coverage.reporter";

const PROJECTS = ["convex-test", "embedded", "plain"];
const inProject = (name: string) => ({ project: { name }, moduleId: `${name}/a.test.ts` });

type Run = { projects?: string[]; ran?: string[]; config?: object };

/** Simulates a run, and returns the reporter's output. `ran` names the projects whose files ran; `config` may filter tests. */
async function finish({ projects = PROJECTS, ran = projects, config = {} }: Run): Promise<string> {
  const all = projects.map(inProject);
  // The reporter uses no other member of Vitest.
  const vitest = {
    ...{ projects: projects.map((name) => ({ name })), config },
    globTestSpecifications: () => Promise.resolve(all),
  } as unknown as Vitest;
  reporter.onInit(vitest);
  runTests();
  await reporter.onTestRunEnd(ran.map(inProject) as unknown as TestModule[]);
  return printed.join("\n");
}

let reporter: ContractReporter;
let printed: unknown[];
let runTests: () => void;
let exitCode: typeof process.exitCode;
beforeEach(() => {
  reporter = new ContractReporter();
  runTests = () => undefined;
  exitCode = process.exitCode;
  // `unstubAllEnvs` restores the value that the reporter changes.
  vi.stubEnv(RUN, process.env[RUN]);
  printed = [];
  vi.spyOn(console, "error").mockImplementation((line) => void printed.push(line));
});
afterEach(() => {
  process.exitCode = exitCode;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("a run", () => {
  test("of all tests fails if no test produced a documented reply", async () => {
    expect(await finish({})).toContain("no test produced getHealth 200 application/json");
    expect(process.exitCode).toBe(1);
  });

  test.each([
    ["one project", { projects: ["embedded"] }],
    ["some files", { ran: ["embedded", "plain"] }],
    ["tests selected by name", { config: { testNamePattern: /health/ } }],
    ["a shard", { config: { shard: { index: 1, count: 2 } } }],
  ])("of %s may leave documented replies unproduced", async (_, part) => {
    expect(await finish(part)).toBe("");
    expect(process.exitCode).toBe(exitCode);
  });

  test("fails after a contract violation, even if no test failed", async () => {
    runTests = () => recordViolations("GET / was answered 418");
    expect(await finish({ projects: ["embedded"] })).toMatch(/does not hold:\nGET \/ was answered 418$/);
    expect(process.exitCode).toBe(1);
  });
});
