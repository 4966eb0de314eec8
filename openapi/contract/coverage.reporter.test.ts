import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TestModule, Vitest } from "vitest/node";
import { noteViolations, RUN } from "./coverage";
import ContractReporter from "./coverage.reporter";

const PROJECTS = ["convex-test", "embedded", "plain"];
const inProject = (name: string) => ({ project: { name }, moduleId: `${name}/a.test.ts` });

type Run = { projects?: string[]; ran?: string[]; config?: object };

/** A run as the reporter sees it: its projects, those whose files ran, and what it was told to leave out. */
async function end({ projects = PROJECTS, ran = projects, config = {} }: Run): Promise<string> {
  const all = projects.map(inProject);
  // The reporter asks Vitest for nothing else.
  const vitest = {
    ...{ projects: projects.map((name) => ({ name })), config },
    globTestSpecifications: () => Promise.resolve(all),
  } as unknown as Vitest;
  reporter.onInit(vitest);
  during();
  await reporter.onTestRunEnd(ran.map(inProject) as unknown as TestModule[]);
  return said.join("\n");
}

let reporter: ContractReporter;
let said: unknown[];
let during: () => void;
let exitCode: typeof process.exitCode;
beforeEach(() => {
  reporter = new ContractReporter();
  during = () => undefined;
  exitCode = process.exitCode;
  // So that it is put back afterwards.
  vi.stubEnv(RUN, process.env[RUN]);
  said = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(line));
});
afterEach(() => {
  process.exitCode = exitCode;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("a run", () => {
  test("of everything fails when documented replies were never produced", async () => {
    expect(await end({})).toContain("no test produced getHealth 200 application/json");
    expect(process.exitCode).toBe(1);
  });

  test.each([
    ["one project", { projects: ["embedded"] }],
    ["some files", { ran: ["embedded", "plain"] }],
    ["tests of a name", { config: { testNamePattern: /health/ } }],
    ["a shard", { config: { shard: { index: 1, count: 2 } } }],
  ])("of %s is not asked for all of them", async (_, part) => {
    expect(await end(part)).toBe("");
    expect(process.exitCode).toBe(exitCode);
  });

  test("fails when the contract was broken, even if no test has minded", async () => {
    during = () => noteViolations("GET / was answered 418");
    expect(await end({ projects: ["embedded"] })).toMatch(/does not hold:\nGET \/ was answered 418$/);
    expect(process.exitCode).toBe(1);
  });
});
