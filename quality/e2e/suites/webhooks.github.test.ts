import { expect, test } from "vitest";
import { json } from "../../../convex/http/testing/replies.testing";
import { asForm, signedHeaders } from "../../../scripts/webhook/senders";
import { root } from "./client";
import { describeWith } from "./describeWith";
import { event, processed, receiverOf } from "./events";
import { given } from "./given";

describeWith(["--key", "--github-secret", receiverOf("github")], "effects of GitHub's events", () => {
  test("a form is logged like JSON, with its repository and sender", async () => {
    const sent = event("github", "issues");
    const form = asForm(sent.body);
    const { type, id } = sent;
    const unsigned = { source: sent.source, type, id, body: form.body, now: Date.now() };
    const headers = signedHeaders({ ...unsigned, secret: given.secrets.github ?? "" });
    const entry = await processed({ ...sent, body: form.body, headers: { ...headers, ...form.headers } });
    expect(entry).toMatchObject({
      handled: true,
      details: { action: "opened", repository: "octo-org/octo-repo", sender: "octocat" },
    });
    const read = await json(root("GET", `/api/webhook-events/${String(entry["id"])}`));
    expect(read["payload"]).toEqual(JSON.parse(sent.body));
  });
});
