/** Forged signatures that only GitHub's format allows. */
import { createHmac } from "node:crypto";
import { test } from "vitest";
import { send, useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import { SECRETS, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { refused, signed } from "./forging.testing";
import { source as github } from "./github.source.testing";

useEngine({ env: WEBHOOK_ENV });

test("a SHA-1 signature is refused", async () => {
  const { headers, body } = signed(github);
  const sha1 = createHmac("sha1", SECRETS.github).update(body).digest("hex");
  await refused("github", body, { ...headers, "X-Hub-Signature-256": `sha1=${sha1}` });
  await refused("github", body, { ...headers, "X-Hub-Signature-256": `sha256=${sha1}` });
  await problem(
    send("/webhooks/github", {
      method: "POST",
      body,
      headers: { "X-GitHub-Event": "push", "X-GitHub-Delivery": "d", "X-Hub-Signature": `sha1=${sha1}` },
    }),
    400,
    "webhook_unsigned",
  );
});
