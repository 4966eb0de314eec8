/** Removes everything that docs/guides/remove-what-you-do-not-need.md can remove from one copy, and adds a resource to what is left. */
import { test } from "vitest";
import { Project } from "./project";

/** Milliseconds in which the suites end, also on a busy machine. */
const LIMIT = 3_600_000;

const GUIDE = "remove-what-you-do-not-need";
const suites = (...names: string[]) => ["vitest", "run", ...names.map((name) => `--project=${name}`)];

test(
  "after all sections, the checks and suites pass, and a new resource passes them too",
  { timeout: LIMIT },
  async () => {
    const project = await Project.copy();
    for (const heading of ["## Items", "## Stripe", "## GitHub"]) await project.follow(GUIDE, heading);
    await project.run("npm", "run", "openapi:client");
    await project.run("npm", "run", "check:lint");
    await project.run("npm", "run", "check:unused");
    await project.run("npx", ...suites("unit", "functions", "isolated"));

    const files = await project.follow("add-a-resource", "# Add a resource");
    await project.lint(files);
    await project.run("npx", ...suites("unit", "functions"));
  },
);
