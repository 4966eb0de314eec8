import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

/** Each folder may import itself and the folders before it, types included. */
const ORDER = [
  "values",
  "search",
  "metrics",
  "store",
  "web",
  "files",
  "exec",
  "auth",
  "jobs",
  "syscalls",
  "environment",
  "runtime",
  "watchdog",
  "http",
  "backup",
  "exchange",
  "protocol",
  "sync",
  "server",
  "cli",
  "testing",
  "differential",
];

const PACKAGE = join(import.meta.dirname, "..");
const IMPORT = /(?:^|\s)(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** Returns the relative imports of the files in a folder: importing file and imported file, without extensions. */
function importsIn(folder: string): { from: string; to: string }[] {
  return readdirSync(join(PACKAGE, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const from = join(folder, name);
      const text = readFileSync(join(PACKAGE, from), "utf8");
      return [...text.matchAll(IMPORT)].map(([, path = ""]) => {
        const to = relative(PACKAGE, resolve(PACKAGE, dirname(from), path));
        return { from: from.replaceAll(sep, "/"), to: to.replaceAll(sep, "/") };
      });
    });
}

const folderOf = (file: string): string => file.split("/")[1] ?? "";

/** True for tests and their shared code, which may use a whole server. */
const isForTests = (file: string): boolean => /(?:\.test|\.child|ForTests)\.ts$/.test(file);

test("the order contains every folder", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(folders.map(({ name }) => name).toSorted()).toEqual(ORDER.toSorted());
});

test("a folder imports only the folders before it in the order", () => {
  const wrong = importsIn("src").filter(
    ({ from, to }) =>
      !isForTests(from) &&
      to.startsWith("src/") &&
      ORDER.indexOf(folderOf(to)) > ORDER.indexOf(folderOf(from)),
  );
  expect(wrong).toEqual([]);
});

test("nothing in the package imports a file outside it", () => {
  const imports = [...importsIn("src"), ...importsIn("fixtures")];
  expect(imports.length).toBeGreaterThan(1_000);
  expect(imports.filter(({ to }) => to.startsWith(".."))).toEqual([]);
});
