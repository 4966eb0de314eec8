/** Adds a resource that uses what the demo resources do not, and runs all suites of the API on it. */
import { expect, test } from "vitest";
import { Project } from "./project";

/** Milliseconds in which the suites end, also on a busy machine. */
const LIMIT = 3_600_000;

test(
  "a resource with its fixtures passes all suites without a change of a suite",
  { timeout: LIMIT },
  async () => {
    const project = await Project.copy();
    const files = await project.follow("../../quality/recipes/fixtures/rooms", "## Steps");
    expect(files).toContain("convex/http/rooms/rooms.fixtures.testing.ts");
    await project.lint(files);
    await project.run("npx", "knip");
    const projects = ["embedded", "functions", "unit", "isolated"].map((name) => `--project=${name}`);
    await project.run("npx", "vitest", "run", ...projects);
  },
);
