/** The particularities of the webhooks of GitHub: headers that are not signed, and forms. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { asForm } from "../../../scripts/webhook/senders";
import { send, useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import {
  expectRejected,
  post,
  processed,
  read,
  SECRETS,
  webhook,
  WEBHOOK_ENV,
} from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

test("the documented example verifies, and is then refused because it is not JSON", async () => {
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const headers = (signed: Record<string, string>) => ({ ...signed, "X-Hub-Signature-256": signature });
  await problem(post("github", "ping", { body: "Hello, World!", headers }), 400, "invalid_json");
  await problem(post("github", "ping", { body: "Hello, World.", headers }), 400, "webhook_rejected");
});

test.each(["X-GitHub-Event", "X-GitHub-Delivery"])("a webhook without %s is refused", async (name) => {
  const without = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
  const empty = (headers: Record<string, string>) => ({ ...headers, [name]: "" });
  for (const headers of [without, empty]) {
    const refused = await problem(post("github", "ping", { headers }), 400, "invalid_request");
    expect(refused.detail).toBe(`${name}: is required`);
    expect(refused.errors).toEqual([{ in: "header", path: name, message: "is required" }]);
    // The missing header is reported only after the signature has verified.
    await expectRejected(post("github", "ping", { headers, secret: "another" }));
  }
});

describe("bodies", () => {
  const nested = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

  test.each([
    ["a byte order mark", '\ufeff{"zen":"x"}'],
    ["names that a document cannot have", '{"$a":{"_b":1},"ключ":"é"}'],
    ["30 levels", nested(30)],
  ])("%s: the payload is stored unchanged", async (_what, body) => {
    const event = await processed("github", "push", { body });
    expect(event).toMatchObject({ status: "success", handled: true });
    expect((await read(event["id"]))["payload"]).toEqual(JSON.parse(body.replace("\ufeff", "")));
  });

  describe("a form", () => {
    const sendForm = (id: string, body: string) =>
      processed("github", "issues", {
        id,
        body,
        headers: (signed) => ({ ...signed, "Content-Type": "application/x-www-form-urlencoded" }),
      });

    test("is recorded like the JSON in its field payload", async () => {
      const json = JSON.stringify({
        action: "opened",
        issue: { title: "ü + % & = 😀" },
        repository: { full_name: "octo-org/octo-repo" },
        sender: { login: "octocat" },
      });
      const event = await sendForm("form", asForm(json).body);
      expect(event).toMatchObject({
        status: "success",
        handled: true,
        details: { action: "opened", repository: "octo-org/octo-repo", sender: "octocat" },
      });
      expect((await read(event["id"]))["payload"]).toEqual(JSON.parse(json));
    });

    test.each(["payload=", "payload=x", "payload=%7B%7", "payload=%7B%FF%7D", "payload=[1]"])(
      "with %s is refused, because it does not contain a JSON object",
      async (body) => {
        await problem(post("github", "issues", { body }), 400, "invalid_json");
      },
    );

    test("must be signed over the raw body", async () => {
      const { body } = asForm('{"zen":"x"}');
      await expectRejected(post("github", "ping", { body, secret: "another" }));
      await expectRejected(
        send("/webhooks/github", {
          ...webhook("github", "ping", { body: '{"zen":"x"}' }).init,
          body,
        }),
      );
    });
  });

  test("an empty signed body is refused as invalid JSON", async () => {
    await problem(post("github", "push", { body: "" }), 400, "invalid_json");
  });

  test("a signed body that is not UTF-8 is refused as invalid JSON", async () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    const signature = `sha256=${createHmac("sha256", SECRETS.github).update(body).digest("hex")}`;
    const { init } = webhook("github", "push", {
      headers: (signed) => ({ ...signed, "X-Hub-Signature-256": signature }),
    });
    await problem(send("/webhooks/github", { ...init, body }), 400, "invalid_json");
  });
});
