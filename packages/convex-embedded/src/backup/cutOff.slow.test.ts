import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundled, endsWithTest } from "../../fixtures/child";
import { temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, uploaded } from "../../fixtures/stored";

test.each(["backup", "export"])(
  "of a %s that is told to end nothing is left, and what it writes is its user's alone",
  async (name) => {
    const server = await serveFiles();
    const { dataDirectory: data } = server;
    await uploaded(server, "bytes");
    const [uuid = ""] = onDisk(server);
    const path = join(data, "files", uuid.slice(0, 2), uuid.slice(2, 4), uuid);
    // Whoever reads it waits until somebody writes, who waits for a reader.
    rmSync(path);
    execFileSync("mkfifo", [path]);
    const directory = temporaryDirectory();
    const program = await bundled(join(import.meta.dirname, "../cli/main.ts"));
    const args = [program, name, join(directory, "b.zip"), "--data", data];
    const child = endsWithTest(spawn(process.execPath, args));
    const ended = once(child, "exit");
    const writing = await open(path, "w");
    const files = readdirSync(directory);
    expect(files.toSorted()).toEqual(["b.zip.database", "b.zip.part"]);
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    child.kill("SIGTERM");
    await expect.poll(() => readdirSync(directory)).toEqual([]);
    // A process does not end while one of its threads waits for a file.
    await writing.close();
    expect(await ended).toEqual([143, null]);
  },
);

test("the nightly script deletes what was cut off a day ago, and backups that are too old when it has made one", async () => {
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
    execFileSync("sh", [join(import.meta.dirname, "../../../../deploy/backup.sh")], { env, stdio: "pipe" });
  };
  expect(() => run(temporaryDirectory())).toThrow("There are no data in");
  expect(readdirSync(backups).toSorted()).toEqual(["b.zip.database", "b.zip.part", "notes.txt", "old.zip"]);
  run(data);
  const [made, ...others] = readdirSync(backups).toSorted();
  expect(made).toMatch(/^\d{4}-\d\d-\d\dT\d{6}Z\.zip$/);
  expect(others).toEqual(["b.zip.database", "b.zip.part", "notes.txt"]);
});
