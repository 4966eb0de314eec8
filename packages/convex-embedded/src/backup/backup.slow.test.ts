import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bundled, Child } from "../../fixtures/child";
import { command } from "../../fixtures/command";
import { inspect } from "../../fixtures/inspect";
import { CRASH, Load } from "../../fixtures/load";
import { BASIC, temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, uploaded } from "../../fixtures/stored";
import { readZip } from "../../fixtures/zip";
import { finishFirstStart } from "../store/firstStart";
import { lockForBackup } from "../store/lock";
import { Connection } from "../store/sqlite";

test("a backup of a running server holds documents, files and the secret; another start is refused meanwhile", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(100_000);
  const { id } = await uploaded(server, bytes, { "content-type": "image/png" });
  const note = await server.run("files:note", { text: "kept" });
  const uploadUrl = (await server.run("files:uploadUrl", {})) as string;
  finishFirstStart(server.dataDirectory);
  const file = join(temporaryDirectory(), "backup.zip");

  const refused = await command("start", "--project", BASIC, "--data", server.dataDirectory, "--port", "0");
  expect(refused).toMatchObject({
    code: 1,
    output: expect.stringContaining("is in use by another process") as string,
  });
  expect(await command("backup", file, "--data", server.dataDirectory)).toEqual({
    code: 0,
    output: `backup ${file}: ${statSync(file).size} bytes, with 1 stored files\n`,
  });
  expect(readdirSync(join(file, ".."))).toEqual(["backup.zip"]);
  // It holds the secret that signs tokens, so only its owner may read it.
  expect(statSync(file).mode & 0o077).toBe(0);
  await server.run("files:note", { text: "too late" });
  await server.close();

  const data = join(temporaryDirectory(), "new");
  expect(await command("restore", file, "--data", data)).toEqual({
    code: 0,
    output: `restored ${file} to ${data}, with 1 stored files\n`,
  });
  expect(readdirSync(data).toSorted()).toEqual(["data.sqlite", "files", "lock", "secret", "started"]);
  expect(inspect(data).documents("notes")).toEqual([expect.objectContaining({ _id: note, text: "kept" })]);
  const again = await serveFiles({ data });
  expect(again.firstStart).toBe(false);
  const response = await fetch((await again.run("files:url", { id })) as string);
  expect(response.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  const old = uploadUrl.replace(server.apiUrl, again.apiUrl);
  expect((await fetch(old, { method: "POST", body: "x" })).status).toBe(200);
});

test("the archive can be verified by hand, and describes its format", async () => {
  const server = await serveFiles();
  await uploaded(server, randomBytes(10));
  const file = join(temporaryDirectory(), "backup.zip");
  await command("backup", file, "--data", server.dataDirectory);
  const entries = await readZip(file);
  expect([...entries.keys()].map((name) => name.replace(/^files\/.*/, "files"))).toEqual([
    "backup.json",
    "data.sqlite",
    "secret",
    "files",
    "SHA256SUMS",
  ]);
  expect(JSON.parse(String(entries.get("backup.json")))).toMatchObject({ version: 2 });
  expect(String(entries.get("SHA256SUMS")).split("\n")).toHaveLength(5);
});

test("backups under load hold all writes acknowledged before they began, in a consistent state", async () => {
  const program = await bundled(join(import.meta.dirname, "../server/hardKill.child.ts"));
  const [data, backups] = [temporaryDirectory(), temporaryDirectory()];
  const server = new Child(process.execPath, [program, CRASH, data, join(backups, "marker")]);
  const url = await server.line();
  const load = new Load();
  const stop = new AbortController();
  const running = load.run(url, stop.signal);
  let during = 0;
  for (let i = 0; i < 3; i++) {
    const enough = load.acknowledged + 150;
    await expect.poll(() => load.acknowledged).toBeGreaterThan(enough);
    const mark = load.mark();
    const before = load.acknowledged;
    const file = join(backups, `${i}.zip`);
    const made = await command("backup", file, "--data", data);
    during += load.acknowledged - before;
    expect(made).toMatchObject({ code: 0 });

    const restored = join(backups, String(i));
    expect(await command("restore", file, "--data", restored)).toMatchObject({ code: 0 });
    expect(load.problems(restored, mark, { settled: false })).toEqual([]);
    expect(inspect(restored).orphans).toEqual([]);
  }
  stop.abort();
  await running;
  expect(during).toBeGreaterThan(0);
  console.log(`3 backups under load; ${load.acknowledged} writes acknowledged, ${during} of them meanwhile`);
  // Waits for the file deletions that the backups postponed.
  await server.ask("idle");
  await expect.poll(() => inspect(data).orphans).toEqual([]);
});

test("the bytes of deleted files stay during a backup and are deleted afterwards, also by a new start", async () => {
  const first = await serveFiles();
  const { dataDirectory: data } = first;
  const before = await uploaded(first, "before");
  const after = await uploaded(first, "after");
  const backup = lockForBackup(data);
  await first.run("files:remove", { id: before.id });
  await first.idle();
  expect(onDisk(first)).toHaveLength(2);
  expect((await fetch(before.url)).status).toBe(404);
  await first.close();

  const second = await serveFiles({ data });
  await second.run("files:remove", { id: after.id });
  await second.idle();
  expect(onDisk(second)).toHaveLength(2);
  backup.release();
  await expect.poll(() => onDisk(second)).toEqual([]);
});

test("a backup that fails reports the reason and leaves no file behind", async () => {
  const server = await serveFiles();
  const { dataDirectory: data } = server;
  const { id } = await uploaded(server, "precious");
  const directory = temporaryDirectory();
  const file = join(directory, "backup.zip");
  const attempt = async (problem: string, from = data, to = file): Promise<void> => {
    const { code, output } = await command("backup", to, "--data", from);
    expect([code, output]).toEqual([1, expect.stringContaining(problem)]);
    expect(output.trim().split("\n")).toHaveLength(1);
  };

  await attempt("There is no data in", temporaryDirectory());
  await attempt(
    `The folder ${join(directory, "nowhere")} does not exist`,
    data,
    join(directory, "nowhere", "b.zip"),
  );
  const inFile = join(import.meta.filename, "b.zip");
  await attempt(`${inFile} cannot be written: ENOTDIR`, data, inFile);
  const other = lockForBackup(data);
  onTestFinished(() => other.release());
  await attempt("Another backup");
  other.release();

  const [uuid = ""] = onDisk(server);
  const path = join(data, "files", uuid.slice(0, 2), uuid.slice(2, 4), uuid);
  writeFileSync(path, "precioux");
  await attempt(`The bytes of the stored file ${id} are corrupt: ${path}`);
  rmSync(path);
  await attempt(`The bytes of the stored file ${id} are missing: ${path}`);
  writeFileSync(path, "precious");
  expect(readdirSync(directory)).toEqual([]);

  writeFileSync(file, "mine");
  await attempt("already exists");
  expect(readFileSync(file, "utf8")).toBe("mine");
  rmSync(file);

  await server.close();
  const db = new Connection(join(data, "data.sqlite"));
  db.exec("UPDATE meta SET value = '999' WHERE key = 'format'");
  db.close();
  await attempt("written by a newer version");
  mkdirSync(join(data, "restore.complete"));
  await attempt("A restore of");
  expect(existsSync(join(data, "lock"))).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
});

test("invalid command lines are refused with the usage", async () => {
  for (const args of [
    [],
    ["copy"],
    ["backup"],
    ["backup", "a", "b"],
    ["backup", "a", "--replace"],
    ["restore", "--x"],
  ]) {
    const { code, output } = await command(...args);
    expect([args, code]).toEqual([args, 2]);
    expect(output).toContain("usage: convex-embedded");
  }
  expect((await command("help")).code).toBe(0);
});
