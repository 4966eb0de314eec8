/** Applies docs/guides/remove-what-you-do-not-need.md to copies of the project. */
import { expect, test } from "vitest";
import { callerWith } from "../../convex/http/testing/caller.testing";
import { Project } from "./project";

const GUIDE = "remove-what-you-do-not-need";
const SECTIONS = [
  { heading: "## Items", removed: ["/api/items"] },
  { heading: "## Stripe", removed: ["/api/payments/x", "/api/subscriptions/x", "/webhooks/stripe"] },
  { heading: "## GitHub", removed: ["/webhooks/github"] },
];
/** Milliseconds in which all suites end, also on a busy machine. */
const LIMIT = 3_600_000;

test.each(SECTIONS)(
  "after the steps under $heading, the project type-checks, has no unused imports, and answers requests",
  async ({ heading, removed }) => {
    const project = await Project.copy();
    const files = await project.follow(GUIDE, heading);
    await project.lint(files);
    await project.run("npx", "knip");

    const { send, key } = await project.start();
    const call = callerWith(send, key);
    for (const path of removed) expect((await call("GET", path)).status).toBe(404);
    expect((await call("GET", "/api/users")).status).toBe(200);
  },
);

/** Returns a copy to which the sections have been applied in this order. */
async function copyWithout(sections: typeof SECTIONS): Promise<Project> {
  const project = await Project.copy();
  for (const { heading } of sections) await project.follow(GUIDE, heading);
  // Some tests ask Git which files belong to the project.
  await project.run("git", "add", "--all");
  return project;
}

test(
  "after all sections, in the guide's order or its reverse, the files are the same, and all checks and tests pass",
  { timeout: LIMIT },
  async () => {
    const project = await copyWithout(SECTIONS);
    const reversed = await copyWithout(SECTIONS.toReversed());
    const options = ["--recursive", "--brief", "--exclude=.git", "--exclude=node_modules"];
    expect(await project.run("diff", ...options, ".", reversed.directory)).toBe("");
    await project.run("npm", "run", "check");
    await project.run("npm", "test");
  },
);
