/** Every setting is documented. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { knownNames, webhookSettings, webhookSources } from "./settings";

const root = resolve(import.meta.dirname, "../..");
const secrets = webhookSources(root).flatMap(webhookSettings);
const names = [...knownNames(root, secrets)].filter((name) => !name.startsWith("CONVEX_")).sort();

test("the settings are the variables that the functions read", () => {
  expect(names).toContain("CORS_ORIGINS");
  expect(names).toContain("OIDC_AUDIENCE");
  expect(names).toContain("CLERK_WEBHOOK_SECRET");
});

test("docs/settings.md lists all of them, and no others", () => {
  const [, section = ""] = readFileSync(join(root, "docs/settings.md"), "utf8").split("\n## Settings\n");
  const rows = section.split("\n## ", 1)[0]?.match(/^\| `.*$/gm) ?? [];
  const listed = rows.flatMap((row) => row.split("|")[1]?.match(/[A-Z][A-Z0-9_]{3,}/g) ?? []);
  expect(listed.sort()).toEqual(names);
});

test(".env.example lists all of them", () => {
  const text = readFileSync(join(root, ".env.example"), "utf8");
  const listed = [...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = ""]) => name);
  expect(listed.sort()).toEqual(names);
});
