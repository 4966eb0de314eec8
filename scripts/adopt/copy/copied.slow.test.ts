import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { PART_NAMES } from "../parts";
import { apiTables, renamesFor } from "../tables";
import { copiedFiles, type Choice } from "./copied";
import { defaultNames } from "./names";
import { sourceTexts, type Texts } from "./source";

const root = resolve(import.meta.dirname, "../../..");
let texts: Texts;
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  texts = sourceTexts(root);
  files = await copiedFiles(texts, choice);
});

const choice: Choice = {
  layout: { functions: "src/convex", folder: "rest", tools: "tools" },
  parts: PART_NAMES,
  names: { title: "Notes API", version: "2.1.0", keyPrefix: "notes_" },
  tables: new Map(),
};

test("the copied code imports from its new place", () => {
  const items = files.get("src/convex/rest/items.ts");
  expect(items).toContain('from "../_generated/server"');
  expect(items).toContain('import schema from "./tables";');
  expect(files.get("src/convex/rest/openapi.ts")).toContain('from "../../../tools/openapi/openapi.json"');
});

test("references to functions get the folder, in code and in comments", () => {
  const keys = files.get("src/convex/rest/apiKeys.ts") ?? "";
  expect(keys).toContain("internal.rest.apiKeys.recordIssued");
  expect(keys).toContain("npx convex run rest/apiKeys:issue");
  expect(
    [...files].filter(([, text]) => /\binternal\.(?!rest\b)\w+\.\w+[,)]/.test(withoutComments(text))),
  ).toEqual([]);
  const crons = files.get("src/convex/rest/crons.lib.ts");
  expect(crons).toMatch(/^export function addApiCrons\(crons: Crons\): void \{$/m);
  expect(crons).toContain("internal.rest.webhooks.process.sweep");
  expect(crons).not.toContain("cronJobs");
  const tables = files.get("src/convex/rest/tables.ts");
  expect(tables).toMatch(/^export const apiTables = \{$/m);
  expect(tables).toMatch(/^export default defineSchema\(apiTables\);$/m);
});

test("the API gets its own title, version and key prefix", () => {
  const all = [...files.values()].join("\n");
  expect(all).toContain('export const API = { name: "Notes API", version: "2.1.0" };');
  expect(all).toContain('export const KEY_PREFIX = "notes_";');
  expect(all).toContain('const USER_AGENT = "notes-api-webhooks/1";');
  const named = [...files].filter(
    ([path, text]) => path.endsWith(".ts") && /["`]cha_|"convex-hono-api/.test(text),
  );
  expect(named.map(([path]) => path)).toEqual([]);
});

test("a table that the app has gets another name everywhere", async () => {
  const taken = new Set(["users", "usage", "apiUsers"]);
  const tables = renamesFor(texts, taken);
  expect(tables).toEqual(
    new Map([
      ["users", "apiApiUsers"],
      ["usage", "apiUsage"],
    ]),
  );
  const renamed = await copiedFiles(texts, { ...choice, tables });
  const code = [...renamed].filter(([path]) => path.startsWith("src/"));
  const left = code.filter(([, text]) =>
    /(query|get|insert|patch|delete|id|doc)\(\s*"users"|(Id|Doc)<"users">/.test(text),
  );
  expect(left.map(([path]) => path)).toEqual([]);
  expect(renamed.get("src/convex/rest/tables.ts")).toMatch(/^ {2}apiApiUsers: defineTable\(/m);
  expect(renamed.get("src/convex/rest/lib/owned.lib.ts")).toMatch(/^ {2}apiUsage: \{ noun: "usage"/m);
});

test("the tables of the API are known", () => {
  expect(apiTables(texts)).toEqual(
    expect.arrayContaining(["users", "apiKeys", "items", "webhookEndpoints", "idempotencyKeys"]),
  );
});

test.each([
  ["their-app", { title: "Their App API", version: "1.0.0", keyPrefix: "theirapp_" }],
  ["@acme/billing", { title: "Billing API", version: "1.0.0", keyPrefix: "billing_" }],
  ["2048", { title: "2048 API", version: "1.0.0", keyPrefix: "api_" }],
])("the default names of %s", (name, names) => {
  expect(defaultNames(name)).toEqual(names);
});

const withoutComments = (text: string): string => text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
