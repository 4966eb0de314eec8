/** Applies docs/guides/remove-what-you-do-not-need.md to copies of the project. */
import { expect, test } from "vitest";
import { callerWith } from "../../convex/http/testing/caller.testing";
import { Project } from "./project";

test.each([
  { heading: "## Items", removed: ["/api/items"] },
  { heading: "## Stripe", removed: ["/api/payments/x", "/api/subscriptions/x", "/webhooks/stripe"] },
  { heading: "## GitHub", removed: ["/webhooks/github"] },
])(
  "after the steps under $heading, the project type-checks, has no unused imports, and answers requests",
  async ({ heading, removed }) => {
    const project = await Project.copy();
    const files = await project.follow("remove-what-you-do-not-need", heading);
    await project.lint(files);

    const { send, key } = await project.start();
    const call = callerWith(send, key);
    for (const path of removed) expect((await call("GET", path)).status).toBe(404);
    expect((await call("GET", "/api/users")).status).toBe(200);
  },
);
