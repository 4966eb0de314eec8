import { execFileSync } from "node:child_process";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../packages/convex-embedded/fixtures/serve";
import { serveFiles } from "../packages/convex-embedded/fixtures/stored";

test("the nightly script deletes day-old partial files, and old backups after a successful backup", async () => {
  const { dataDirectory: data } = await serveFiles();
  const backups = temporaryDirectory();
  const daysAgo = (name: string, days: number): void => {
    writeFileSync(join(backups, name), "");
    const time = Date.now() / 1000 - days * 86_400;
    utimesSync(join(backups, name), time, time);
  };
  daysAgo("a.zip.part", 1.5);
  daysAgo("a.zip.database", 1.5);
  daysAgo("b.zip.part", 0);
  daysAgo("b.zip.database", 0);
  daysAgo("old.zip", 20);
  daysAgo("notes.txt", 20);
  const run = (from: string): void => {
    const env = { ...process.env, DATA: from, BACKUPS: backups, KEEP_DAYS: "14" };
    execFileSync("sh", [join(import.meta.dirname, "../deploy/backup.sh")], { env, stdio: "pipe" });
  };
  expect(() => run(temporaryDirectory())).toThrow("There is no data in");
  expect(readdirSync(backups).toSorted()).toEqual(["b.zip.database", "b.zip.part", "notes.txt", "old.zip"]);
  run(data);
  const [made, ...others] = readdirSync(backups).toSorted();
  expect(made).toMatch(/^\d{4}-\d\d-\d\dT\d{6}Z\.zip$/);
  expect(others).toEqual(["b.zip.database", "b.zip.part", "notes.txt"]);
});
