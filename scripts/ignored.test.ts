/** Git ignores generated and private files, but not folders that an adopter may want to commit. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Returns the paths that git ignores. */
function ignored(paths: readonly string[]): string[] {
  const command = ["-c", "core.excludesFile=", "check-ignore", "--no-index", "--", ...paths];
  try {
    return execFileSync("git", command, { cwd: root, encoding: "utf8" }).trim().split("\n");
  } catch {
    // The exit code is 1 if git ignores none of the paths.
    return [];
  }
}

test("folders named public or coverage are not ignored below the root", () => {
  const wanted = ["public/a.svg", "examples/web/public/a.svg", "convex/http/coverage/a.ts"];
  expect(ignored(wanted)).toEqual([]);
});

test("settings, data and archives are ignored", () => {
  const unwanted = [".env.local", ".convex-embedded/data.sqlite", "backup.zip", "node_modules/a/b.js"];
  expect(ignored(unwanted)).toEqual(unwanted);
});
