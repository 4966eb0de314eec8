import { expect, test } from "vitest";
import { json } from "../../../convex/http/testing/replies.testing";
import { asForm } from "../../../scripts/webhook/senders";
import { root } from "./client";
import { describeWith } from "./describeWith";
import { event, processed, receiverOf, signed } from "./events";

describeWith(["--key", "--github-secret", receiverOf("github")], "effects of GitHub's events", () => {
  test("a form is logged like JSON, with its repository and sender", async () => {
    const sent = event("github", "issues");
    const form = asForm(sent.body);
    const { headers, ...resigned } = signed({ ...sent, body: form.body });
    const entry = await processed({ ...resigned, headers: { ...headers, ...form.headers } });
    expect(entry).toMatchObject({
      handled: true,
      details: { action: "opened", repository: "octo-org/octo-repo", sender: "octocat" },
    });
    const read = await json(root("GET", `/api/webhook-events/${String(entry["id"])}`));
    expect(read["payload"]).toEqual(JSON.parse(sent.body));
  });
});
