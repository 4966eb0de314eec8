import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { ESLint, type Linter } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, test } from "vitest";
import { boundaries, MAX_DEPTH } from "./boundaries.mjs";

const root = resolve(import.meta.dirname, "../..");
// These rules need no types, so ESLint runs without a TypeScript project.
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: [{ files: ["**/*.ts"], languageOptions: { parser: tseslint.parser } }, ...boundaries],
});

/** Lints code as if it were in this file, which need not exist. Returns the messages. */
async function messagesFor(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

const importing = (name: string) => `import { x } from "${name}"; x();`;

const CONVEX = "convex/ may import only openapi/openapi.json";
const KIT = "The kit imports the product only through product.kit.ts";
const LIBRARIES = "Functions must not import Hono or zod";
const HTTP = "Functions must not import the HTTP layer";
const PACKAGE = "A package must not import files outside its folder";

describe("an import across a boundary is refused", () => {
  test.each([
    ["convex/items.ts", "../packages/convex-embedded/src/testing", CONVEX],
    ["convex/items.ts", "../openapi/tags", CONVEX],
    ["convex/items.ts", "./openapi/../../openapi/tags", "Put every `..` at the start"],
    ["convex/lib/page.lib.ts", "../../scripts/reference.mjs", CONVEX],
    ["convex/lib/page.lib.ts", "../../../openapi/openapi.json", CONVEX],
    ["convex/http/kit/api.kit.ts", "../../../quality/bench/lib/svg", KIT],
    ["convex/http/items/items.routes.ts", "../../../openapi/tags", CONVEX],
    ["convex/a/b/c/d/e/f/deep.ts", "../../../../../../../openapi/tags", CONVEX],
    ["convex/http/items/items.routes.ts", "./../../../openapi/tags", "Put every `..` at the start"],
    ["convex/process.ts", "convex-embedded/testing", "convex/ must not import the embedded runtime"],
    ["convex/http/kit/paging.kit.ts", "../../lib/failure.lib", KIT],
    ["convex/http/kit/paging.kit.ts", "../middleware/cors.middleware", KIT],
    ["convex/http/kit/product.kit.ts", "../../../openapi/tags", CONVEX],
    ["convex/items.ts", "hono", LIBRARIES],
    ["convex/items.ts", "zod/mini", LIBRARIES],
    ["convex/webhooks/process.ts", "@hono/zod-validator", LIBRARIES],
    ["convex/identity/users.lib.ts", "convex-helpers/server/hono", LIBRARIES],
    ["convex/migrations.ts", "#docsOnly", LIBRARIES],
    ["convex/lib/page.lib.ts", "../http/kit/paging.kit", HTTP],
    ["convex/items.ts", "./http/items/items.contract", HTTP],
    ["convex/webhooks/receive.ts", "../http", HTTP],
    ["packages/convex-embedded/src/exec/run.ts", "../../../../convex/schema", PACKAGE],
    ["packages/convex-embedded/bin/a.ts", "../../../quality/e2e/main", PACKAGE],
    ["packages/convex-embedded/src/exec/run.test.ts", "../../../../openapi/contract/check", PACKAGE],
  ])("%s: %s", async (file, name, message) => {
    expect(await messagesFor(file, importing(name))).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ["of a type", 'import type { X } from "zod/mini"; export type Y = X;'],
    ["of an inline type", 'export type Y = import("zod/mini").ZodMiniType;'],
    ["by a call", 'export const load = () => import("zod/mini");'],
    ["by a re-export", 'export { z } from "zod/mini";'],
    ["of everything", 'export * from "zod/mini";'],
    ["for its side effects", 'import "zod/mini";'],
  ])("%s", async (_form, code) => {
    expect(await messagesFor("convex/items.ts", code)).toEqual([expect.stringContaining(LIBRARIES)]);
  });
});

test.each([
  ["convex/openapi.ts", "../openapi/openapi.json"],
  ["convex/lib/reference.lib.ts", "../../openapi/scalar.json"],
  ["convex/http.ts", "./http/api.app"],
  ["convex/http/items/items.contract.ts", "zod/mini"],
  ["convex/http/items/items.routes.ts", "../../_generated/api"],
  ["convex/http/kit/product.kit.ts", "../../lib/failure.lib"],
  ["convex/http/kit/paging.kit.ts", "./product.kit"],
  ["convex/http/items/items.test.ts", "../../../openapi/contract/check"],
  ["convex/http/testing/engine.testing.ts", "../../../packages/convex-embedded/src/testing"],
  ["convex/items.ts", "convex-helpers"],
  ["packages/convex-embedded/src/exec/run.ts", "../../fixtures/serve"],
])("within the boundaries, %s may import %s", async (file, name) => {
  expect(await messagesFor(file, importing(name))).toEqual([]);
});

describe("the users tables", () => {
  const reading = 'export const f = (ctx) => ctx.db.query("users").collect();';

  test.each(["convex/items.ts", "convex/webhooks/clerkEffects.ts", "convex/http/users/users.routes.ts"])(
    "cannot be accessed from %s",
    async (file) => {
      expect(await messagesFor(file, reading)).toEqual(["Access users through identity/users.lib.ts."]);
      expect(await messagesFor(file, reading.replace("users", "deletedClerkUsers"))).toHaveLength(1);
      expect(await messagesFor(file, reading.replace("users", "items"))).toEqual([]);
    },
  );

  test("can be accessed from the users module and from migrations", async () => {
    expect(await messagesFor("convex/identity/users.lib.ts", reading)).toEqual([]);
    expect(await messagesFor("convex/migrations.ts", reading)).toEqual([]);
  });
});

test("eslint.config.mjs includes these rules and keeps its own rule for tests", async () => {
  const project = new ESLint({ cwd: root });
  const rulesOf = async (file: string) => {
    const config = (await project.calculateConfigForFile(join(root, file))) as Linter.Config;
    return JSON.stringify([config.rules?.["no-restricted-imports"], config.rules?.["no-restricted-syntax"]]);
  };
  expect(await rulesOf("convex/items.ts")).toContain(LIBRARIES);
  expect(await rulesOf("convex/http/kit/paging.kit.ts")).toContain(KIT);
  const ofTests = await rulesOf("packages/convex-embedded/src/exec/run.test.ts");
  expect(ofTests).toContain(PACKAGE);
  expect(ofTests).toContain("endsWithTest");
});

test("the rules cover the deepest file", () => {
  const files = execFileSync("git", ["ls-files", "convex", "packages/*"], { cwd: root, encoding: "utf8" });
  const depths = files
    .split("\n")
    .map((file) => file.split("/").length - (file.startsWith("packages/") ? 3 : 2));
  expect(Math.max(...depths)).toBeLessThanOrEqual(MAX_DEPTH);
});
