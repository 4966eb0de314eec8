/** The doctor reports faulty secrets of GitHub, which may be any text. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findingsIn, root } from "./settings.testing";

test.each([
  ["test", "warning GITHUB_WEBHOOK_SECRET is so short"],
  [",", "warning GITHUB_WEBHOOK_SECRET is empty, so /webhooks/github is closed"],
])("GITHUB_WEBHOOK_SECRET=%s", (secret, found) => {
  const lines = findingsIn(`GITHUB_WEBHOOK_SECRET="${secret}"`);
  expect(lines).toContainEqual(expect.stringContaining(found));
});

test("the secret in the guide that adds a source is long enough", () => {
  const guide = readFileSync(join(root, "docs/guides/add-a-webhook-source.md"), "utf8");
  const [, secret = ""] = /^echo "ACME_WEBHOOK_SECRET=(.*)" >>/m.exec(guide) ?? [];
  const lines = findingsIn(`GITHUB_WEBHOOK_SECRET=${secret}`);
  expect(lines[0]).toBe("ok 1 set; the others have their defaults → ");
  expect(lines[1]).toMatch(/^ok webhooks open: github; closed because no secret is set: /);
});
