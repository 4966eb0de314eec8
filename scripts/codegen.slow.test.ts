import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";

// The official CLI takes seconds, more on a loaded machine.
vi.setConfig({ testTimeout: 600_000 });

const root = resolve(import.meta.dirname, "..");

/** Creates a project with these files in `convex/`. */
function project(files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "codegen-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "convex"));
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module", "dependencies": { "convex": "*" } }');
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, "convex", file), text);
  return directory;
}

async function codegen(directory: string): Promise<{ code: number; output: string }> {
  // Settings that would make the CLI look for another deployment.
  const env = { ...process.env, CONVEX_DEPLOYMENT: "dev:elsewhere-1", CONVEX_URL: "http://127.0.0.1:9" };
  try {
    const script = join(root, "scripts/codegen.mjs");
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { cwd: directory, env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** Returns the files below `convex/` and their contents, by path. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(join(directory, "convex"), { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    paths.map((path) => [path.slice(directory.length + 1), readFileSync(path, "utf8")] as const),
  );
}

const ITEMS = 'import { queryGeneric } from "convex/server"; export const list = queryGeneric(() => []);';

test("a project without components gets the files of the official CLI, and one line says what changed", async () => {
  const directory = project({ "items.ts": ITEMS });
  expect(await codegen(directory)).toEqual({ code: 0, output: "convex/_generated is new\n" });
  const files = contents(directory);
  expect(Object.keys(files).filter((file) => file.includes("_generated"))).toEqual(
    ["api.d.ts", "api.js", "dataModel.d.ts", "server.d.ts", "server.js"].map(
      (file) => `convex/_generated/${file}`,
    ),
  );
  expect(files["convex/_generated/api.d.ts"]).toContain('import type * as items from "../items.js";');
  expect(files["convex/_generated/api.d.ts"]).toContain("export declare const components: {};");

  writeFileSync(join(directory, "convex", "more.ts"), ITEMS);
  const output = "changed: convex/_generated/api.d.ts\n";
  expect(await codegen(directory)).toEqual({ code: 0, output });
});

test("code is generated beside the functions that convex.json names", async () => {
  const directory = project({ "items.ts": ITEMS });
  mkdirSync(join(directory, "src"));
  renameSync(join(directory, "convex"), join(directory, "src/backend"));
  writeFileSync(join(directory, "convex.json"), '{ "functions": "src/backend/" }');
  expect(await codegen(directory)).toEqual({ code: 0, output: "src/backend/_generated is new\n" });
  expect(readdirSync(join(directory, "src/backend/_generated"))).toContain("api.d.ts");
});

test("components of packages get the types of the package, and components of the project get types from their functions", async () => {
  const directory = project();
  cpSync(join(root, "packages/convex-embedded/fixtures/components/convex"), join(directory, "convex"), {
    recursive: true,
  });
  expect((await codegen(directory)).code).toBe(0);
  const files = contents(directory);
  const api = files["convex/_generated/api.d.ts"];
  expect(api).toContain('second: import("../counter/_generated/component.js").ComponentApi<"second">;');
  expect(api).toContain(
    'import("@convex-dev/rate-limiter/_generated/component.js").ComponentApi<"rateLimiter">',
  );
  expect(files["convex/_generated/server.d.ts"]).toContain("readonly NAME: string | undefined;");
  const counter = files["convex/counter/_generated/component.ts"];
  expect(counter).toContain('twice: FunctionReference<"query", "internal", {}, any, Name>;');
  expect(counter).toContain("{ amount: number },");
  expect(counter).not.toContain("secret");

  expect(await codegen(directory)).toEqual({ code: 0, output: "convex/_generated is unchanged\n" });
  expect(contents(directory)).toEqual(files);
});

test("a project that cannot be analyzed fails with the reason", async () => {
  const directory = project({ "convex.config.ts": 'throw new Error("not today"); export default {};' });
  const { code, output } = await codegen(directory);
  expect(code).not.toBe(0);
  expect(output).toContain("not today");
});
