/** The particularities of the webhooks of Clerk. */
import { expect, test } from "vitest";
import { useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import { post, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

test("the unbranded header names are accepted too", async () => {
  const unbranded = (headers: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace("svix-", "webhook-"), value]),
    );
  expect((await post("clerk", "session.created", { headers: unbranded })).status).toBe(200);
});

test("a type with a lone surrogate is refused", async () => {
  const body = String.raw`{"type":"\ud800","data":{}}`;
  const refused = await problem(post("clerk", "session.created", { body }), 400, "invalid_request");
  expect(refused.detail).toBe("type: must be a string");
  expect(refused.errors).toEqual([{ in: "body", path: "type", message: "must be a string" }]);
});

test("an empty signed body is refused as invalid JSON", async () => {
  await problem(post("clerk", "session.created", { body: "" }), 400, "invalid_json");
});
