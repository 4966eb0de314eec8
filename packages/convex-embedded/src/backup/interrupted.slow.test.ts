import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundled, endsWithTest } from "../../fixtures/child";
import { temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, uploaded } from "../../fixtures/stored";

test.each(["backup", "export"])(
  "an interrupted %s leaves no file behind, and its files are readable only by their owner",
  async (name) => {
    const server = await serveFiles();
    const { dataDirectory: data } = server;
    await uploaded(server, "bytes");
    const [uuid = ""] = onDisk(server);
    const path = join(data, "files", uuid.slice(0, 2), uuid.slice(2, 4), uuid);
    // A FIFO: reading blocks until a writer opens it, and the other way around.
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
    // The process cannot exit while one of its threads waits for a file.
    await writing.close();
    expect(await ended).toEqual([143, null]);
  },
);
