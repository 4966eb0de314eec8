/** Whoever looks a setting up finds it, wherever that is. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { knownNames, webhookSettings, webhookSources } from "./settings";

const root = resolve(import.meta.dirname, "../..");
const secrets = webhookSources(root).flatMap(webhookSettings);
const names = [...knownNames(root, secrets)].filter((name) => !name.startsWith("CONVEX_")).sort();

test("the settings are those that the functions read", () => {
  expect(names).toContain("CORS_ORIGINS");
  expect(names).toContain("OIDC_AUDIENCE");
  expect(names).toContain("GITHUB_WEBHOOK_SECRET");
});

test.each(["README.md", "docs/deploying.md"])("%s has all of them in its table, and no others", (file) => {
  const [, section = ""] = readFileSync(join(root, file), "utf8").split("\n## Settings\n");
  const rows = section.split("\n## ", 1)[0]?.match(/^\| `.*$/gm) ?? [];
  const told = rows.flatMap((row) => row.split("|")[1]?.match(/[A-Z][A-Z0-9_]{3,}/g) ?? []);
  expect(told.filter((name) => !/CONVEX_|SELF_HOSTED/.test(name)).sort()).toEqual(names);
});

test(".env.example has all of them", () => {
  const text = readFileSync(join(root, ".env.example"), "utf8");
  const told = [...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = ""]) => name);
  expect(told.sort()).toEqual(names);
});
