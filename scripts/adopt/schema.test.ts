import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appIn } from "./app";
import { tablesOf } from "./schema";

const root = resolve(import.meta.dirname, "../..");
const CONVEX = 'import { defineSchema, defineTable } from "convex/server";\n';

/** Returns the tables of an app with these files. */
function tablesIn(files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), "adopt-app-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [file, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  return tablesOf(root, appIn(directory), "api");
}

test("tables of a library and of helpers outside the functions count, and those of the API do not", async () => {
  const tables = await tablesIn({
    "convex/schema.ts": `${CONVEX}import { billing } from "billing-tables";
import { shared } from "../shared/tables";
import { apiTables } from "./api/tables";
export default defineSchema({ ...billing("payments"), ...shared, ...apiTables });
`,
    "shared/tables.ts": `${CONVEX}export const shared = Object.fromEntries(["a", "b"].map((name) => [name, defineTable({})]));\n`,
    "node_modules/billing-tables/index.js": `${CONVEX}export const billing = (name) => ({ [name]: defineTable({}) });\n`,
    "node_modules/billing-tables/package.json":
      '{ "name": "billing-tables", "type": "module", "exports": "./index.js" }',
  });
  expect(tables).toEqual({ names: new Set(["payments", "a", "b"]), unread: [] });
});

test("a schema that cannot be evaluated is searched for tables, and the packages that add others are named", async () => {
  const tables = await tablesIn({
    "convex/schema.ts": `${CONVEX}import { authTables } from "@convex-dev/auth/server";
import { billingTables as billing } from "not-installed";
import * as more from "not-installed-too";
export default defineSchema({ ...authTables, ...billing, ...more.tables, notes: defineTable({}) });
`,
  });
  expect([...tables.names]).toEqual(expect.arrayContaining(["notes", "users", "authSessions"]));
  expect(tables.unread).toEqual(["not-installed", "not-installed-too"]);
});

test("an app without a schema has no tables", async () => {
  expect(await tablesIn({ "convex/notes.ts": "export const x = 1;\n" })).toEqual({
    names: new Set(),
    unread: [],
  });
});
