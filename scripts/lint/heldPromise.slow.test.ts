import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { afterAll, describe, expect, test } from "vitest";
import { heldPromise } from "./heldPromise.mjs";

// The folder has no TypeScript project, because the code needs only TypeScript's built-in types.
const folder = realpathSync(mkdtempSync(join(tmpdir(), "held-promise-")));
afterAll(() => rmSync(folder, { recursive: true }));

const projectService = { allowDefaultProject: ["*.ts"] };
const eslint = new ESLint({
  cwd: folder,
  overrideConfigFile: true,
  overrideConfig: {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService, tsconfigRootDir: folder },
    },
    plugins: { local: { rules: { "held-promise": heldPromise } } },
    rules: { "local/held-promise": "error" },
  },
});

async function problemsOf(code: string): Promise<string[]> {
  const declared =
    "declare function start(): Promise<number>; declare function take(...of: unknown[]): void;\n";
  const [result] = await eslint.lintText(declared + code, { filePath: join(folder, "example.ts") });
  return (result?.messages ?? []).map(({ messageId, message }) => messageId ?? message);
}

describe("a held promise is refused", () => {
  test.each([
    ["in a variable", "export async function f() { const work = start(); return work; }"],
    [
      "in a list",
      "export async function f() { const all = [1].map(() => start()); await Promise.all(all); }",
    ],
    ["by an assignment", "let work: unknown; export function f() { work = start(); }"],
    ["in a field", "export class C { work = start(); }"],
  ])("%s", async (_, code) => {
    expect(await problemsOf(code)).toEqual(["held"]);
  });

  test.each([
    "(work: Promise<number>) => work",
    "async function g(work: PromiseLike<number>) { await work; }",
  ])("in a parameter: %s", async (code) => {
    expect(await problemsOf(`export const f = ${code};`)).toEqual(["parameter"]);
  });

  test.each([
    "[start(), await start()]",
    "{ a: start(), b: [await start()] }",
    "take(start(), 1 + (await start()))",
  ])("while a later expression is awaited: %s", async (code) => {
    expect(await problemsOf(`export const f = async () => (${code});`)).toEqual(["sibling"]);
  });
});

test.each([
  "export async function f() { const value = await start(); return value; }",
  "export const f = () => start();",
  "export const f = () => start().then(String).catch(() => null);",
  "export const f = async () => Promise.all([start(), start()]);",
  "export const f = async () => [await start(), start()];",
  "export const f = async () => { take(start(), async () => await start()); };",
  "export const f = (work: () => Promise<number>) => { const again = () => work(); return again; };",
])("a promise that is used where it is created is allowed: %s", async (code) => {
  expect(await problemsOf(code)).toEqual([]);
});
