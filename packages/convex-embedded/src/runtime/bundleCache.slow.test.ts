import { mkdirSync, readdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { bundled, Child } from "../../fixtures/child";
import { temporaryDirectory } from "../../fixtures/serve";
import { cacheFile } from "./bundleCache";

test("processes that build one project at the same time all get its current files", async () => {
  const directory = realpathSync(temporaryDirectory());
  mkdirSync(join(directory, "convex"));
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(resolve("node_modules/convex"), join(directory, "node_modules/convex"));
  const program = await bundled(join(import.meta.dirname, "bundleCache.child.ts"));
  const children = [1, 2, 3, 4].map(() => new Child(process.execPath, [program]));
  const seen = new Set<string>();
  for (let version = 0; version < 10; version++) {
    const file = join(directory, "convex/items.ts");
    writeFileSync(file, `export const version = ${version};`);
    // The cache must not trust modification times.
    utimesSync(file, 1, 1);
    const hashes = await Promise.all(children.map((child) => child.ask(directory)));
    expect(new Set(hashes).size).toBe(1);
    expect(seen.has(hashes[0] ?? "")).toBe(false);
    seen.add(hashes[0] ?? "");
    // The second round may read what the first wrote.
    expect(await Promise.all(children.map((child) => child.ask(directory)))).toEqual(hashes);
  }
  for (const child of children) await child.kill();
  const folder = join(directory, "node_modules/.cache/convex-embedded");
  expect(dirname(cacheFile(directory) ?? "")).toBe(folder);
  expect(readdirSync(folder)).toHaveLength(1);
});
