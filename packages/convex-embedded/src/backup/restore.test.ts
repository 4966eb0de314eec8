import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { command } from "../../fixtures/command";
import { inspect } from "../../fixtures/inspect";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, uploaded } from "../../fixtures/stored";
import { readZip, writeSealed, writeZip } from "../../fixtures/zip";
import { backUp } from "./backup";
import { restore } from "./restore";
import { Connection } from "../store/sqlite";

/** A valid backup with one note and one stored file. */
let good = "";

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "embedded-"));
  good = join(directory, "good.zip");
  return () => rmSync(directory, { recursive: true });
});

test("a backup is created", async () => {
  const server = await serveFiles();
  await server.run("files:note", { text: "from the backup" });
  await uploaded(server, "bytes");
  expect(await backUp({ directory: server.dataDirectory, file: good })).toMatchObject({ files: 1 });
});

const texts = (directory: string) =>
  inspect(directory)
    .documents("notes")
    .map(({ text }) => text);

/** Returns the contents of all files in a directory, by path. */
function everything(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

/** Returns digests of all files, independent of the directory's path. */
function digestOf(directory: string): string[] {
  return Object.entries(everything(directory)).map(([path, digest]) => path.slice(directory.length) + digest);
}

/** Creates a data directory with other data. */
async function used(): Promise<string> {
  const { server } = await serve();
  await server.run("items:create", { owner: "ada", name: "older" });
  await server.close();
  return server.dataDirectory;
}

test("existing data is replaced only with --replace, and unrelated files stay", async () => {
  const directory = await used();
  writeFileSync(join(directory, "notes.txt"), "mine");
  const before = everything(directory);
  await expect(restore({ file: good, directory, replace: false })).rejects.toThrow(
    `${directory} is not empty. Choose another directory with --data, or replace the data in it with --replace.`,
  );
  expect(everything(directory)).toEqual(before);
  await restore({ file: good, directory, replace: true });
  expect(texts(directory)).toEqual(["from the backup"]);
  expect(inspect(directory).documents("items")).toEqual([]);
  expect(readFileSync(join(directory, "notes.txt"), "utf8")).toBe("mine");
});

test("a directory that is not a data directory stays unchanged", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "notes.txt"), "mine");
  for (const replace of [false, true]) {
    await expect(restore({ file: good, directory, replace })).rejects.toThrow(directory);
  }
  expect(readdirSync(directory)).toEqual(["notes.txt"]);
  expect(readFileSync(join(directory, "notes.txt"), "utf8")).toBe("mine");
});

test("a directory that a server uses stays unchanged", async () => {
  const { server } = await serve();
  await expect(restore({ file: good, directory: server.dataDirectory, replace: true })).rejects.toThrow(
    "is in use by another process",
  );
  await server.run("items:create", { owner: "ada", name: "bolt" });
});

describe("a file that is not a valid backup is refused, and nothing changes", () => {
  type Entries = Map<string, Buffer>;
  const database = (entries: Entries): Buffer => entries.get("data.sqlite") ?? Buffer.alloc(0);
  const stored = (entries: Entries): string =>
    [...entries.keys()].find((name) => name.startsWith("files/")) ?? "";
  const sums = (entries: Entries): void => {
    entries.delete("SHA256SUMS");
    const lines = [...entries].map(
      ([name, bytes]) => `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`,
    );
    entries.set("SHA256SUMS", Buffer.from(lines.join("")));
  };
  const withDatabase = (sql: string) => (entries: Entries) => {
    const file = join(temporaryDirectory(), "data.sqlite");
    writeFileSync(file, database(entries));
    const db = new Connection(file);
    db.exec(sql);
    db.close();
    entries.set("data.sqlite", readFileSync(file));
    sums(entries);
  };

  const cases: [string, (entries: Entries) => void, string][] = [
    [
      "of a newer version",
      (e) => {
        e.set(
          "backup.json",
          Buffer.from(String(e.get("backup.json")).replace('"version": 2', '"version": 3')),
        );
        sums(e);
      },
      "it has version 3, and this program reads versions up to 2",
    ],
    [
      "with another manifest",
      (e) => {
        e.set("backup.json", Buffer.from('{"format":"other"}'));
        sums(e);
      },
      "it is not a backup of the embedded runtime",
    ],
    ["without a manifest", (e) => void e.delete("backup.json"), "it is not a backup of the embedded runtime"],
    ["without checksums", (e) => void e.delete("SHA256SUMS"), "it is not a backup of the embedded runtime"],
    [
      "with a changed secret",
      (e) => void e.set("secret", Buffer.alloc(32)),
      "secret in it is corrupt: its checksum differs",
    ],
    [
      "with a changed file",
      (e) => void e.set(stored(e), Buffer.from("Bytes")),
      "in it is corrupt: its checksum differs",
    ],
    [
      "without a database",
      (e) => {
        e.delete("data.sqlite");
        sums(e);
      },
      "data.sqlite is missing from it",
    ],
    ["without a file that has a checksum", (e) => void e.delete(stored(e)), "is missing from it"],
    [
      "without a file that the database names",
      (e) => {
        e.delete(stored(e));
        sums(e);
      },
      "is missing from it",
    ],
    [
      "with an extra file",
      (e) => {
        e.set("files/x/evil.sh", Buffer.from(""));
        sums(e);
      },
      "it contains files/x/evil.sh, which is not part of a backup",
    ],
    [
      "with a database of a newer format",
      withDatabase("UPDATE meta SET value = '999' WHERE key = 'format'"),
      "has format 999, written by a newer version",
    ],
    [
      "with a database of another program",
      withDatabase("DROP TABLE meta"),
      "is not a database of this project",
    ],
    [
      "with a corrupt database",
      (e) => {
        const bytes = Buffer.from(database(e));
        bytes.fill(0x5a, 4096, 12_288);
        e.set("data.sqlite", bytes);
        sums(e);
      },
      "corrupt",
    ],
    [
      "with other bytes instead of a database",
      (e) => {
        e.set("data.sqlite", Buffer.from("SQLite"));
        sums(e);
      },
      "corrupt",
    ],
  ];
  test.each(cases)("%s", async (_name, change, problem) => {
    const entries = await readZip(good);
    change(entries);
    const file = join(temporaryDirectory(), "bad.zip");
    await writeSealed(file, entries);
    await refuses(file, problem);
  });

  const SUM_LINES: [string, (text: string) => string, string][] = [
    ["a line that does not parse", (text) => text.replace("  secret", " secret"), "line 3 is not a checksum"],
    ["a missing line", (text) => text.replace(/^.*  secret\n/m, ""), "SHA256SUMS in it does not name secret"],
    ["a line twice", (text) => text + text.slice(0, text.indexOf("\n") + 1), "it names backup.json twice"],
    ["a truncated last line", (text) => text.slice(0, -1), "SHA256SUMS in it is truncated"],
  ];
  test.each(SUM_LINES)("with a SHA256SUMS that has %s, of both versions", async (_name, change, problem) => {
    const file = join(temporaryDirectory(), "bad.zip");
    const entries = await readZip(good);
    entries.set("SHA256SUMS", Buffer.from(change(String(entries.get("SHA256SUMS")))));
    await writeSealed(file, entries);
    await refuses(file, problem);
    const older = asVersion1(await readZip(good));
    older.set("SHA256SUMS", Buffer.from(change(String(older.get("SHA256SUMS")))));
    await writeZip(file, older);
    await refuses(file, problem);
  });

  test("of this version without the checksum of the file", async () => {
    const file = join(temporaryDirectory(), "bad.zip");
    await writeZip(file, await readZip(good));
    await refuses(file, "the checksum at the end of the file is missing");
  });

  test("with extra bytes at its end", async () => {
    const file = join(temporaryDirectory(), "long.zip");
    for (const more of ["\n", "PK", "0".repeat(71)]) {
      writeFileSync(file, Buffer.concat([readFileSync(good), Buffer.from(more)]));
      await refuses(file, `${file} cannot be restored: `);
    }
  });

  test("that has another format, or does not exist", async () => {
    const text = join(temporaryDirectory(), "text.zip");
    writeFileSync(text, "hello".repeat(1_000));
    await refuses(text, `${text} cannot be restored: `);
    await refuses(`${text}.none`, "no such file");
  });

  async function refuses(file: string, problem: string): Promise<void> {
    const parent = temporaryDirectory();
    const directory = join(parent, "data");
    await expect(restore({ file, directory, replace: false })).rejects.toThrow(problem);
    expect(readdirSync(parent)).toEqual([]);
    mkdirSync(directory);
    writeFileSync(join(directory, "data.sqlite"), "anything");
    const before = everything(parent);
    await expect(restore({ file, directory, replace: true })).rejects.toThrow("Nothing was changed");
    const { [join(directory, "lock")]: _lock, ...after } = everything(parent);
    expect(after).toEqual(before);
  }
});

/** Converts a backup to version 1, which has no checksum of the file. */
function asVersion1(entries: Map<string, Buffer>): Map<string, Buffer> {
  const manifest = Buffer.from(String(entries.get("backup.json")).replace('"version": 2', '"version": 1'));
  const [before, after] = [entries.get("backup.json") ?? "", manifest].map((bytes) =>
    createHash("sha256").update(bytes).digest("hex"),
  );
  entries.set("backup.json", manifest);
  const sums = String(entries.get("SHA256SUMS")).replace(before ?? "", after ?? "");
  return entries.set("SHA256SUMS", Buffer.from(sums));
}

describe("a backup of version 1", () => {
  test("is restored, and the command reports what it did not verify", async () => {
    const file = join(temporaryDirectory(), "older.zip");
    await writeZip(file, asVersion1(await readZip(good)));
    const directory = join(temporaryDirectory(), "data");
    const { code, output } = await command("restore", file, "--data", directory);
    expect(output).toContain("made by an older version. Each entry was verified");
    expect(code).toBe(0);
    expect(texts(directory)).toEqual(["from the backup"]);
  });

  test("with one changed byte is refused or gives the same data", async () => {
    const file = join(temporaryDirectory(), "older.zip");
    await writeZip(file, asVersion1(await readZip(good)));
    const bytes = readFileSync(file);
    const unpacked = join(temporaryDirectory(), "data");
    await restore({ file, directory: unpacked, replace: false });
    const sound = digestOf(unpacked);
    let refused = 0;
    for (let at = 40; at < bytes.length; at += Math.floor(bytes.length / 16)) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      writeFileSync(file, changed);
      const directory = join(temporaryDirectory(), "data");
      try {
        await restore({ file, directory, replace: false });
      } catch (error) {
        expect(String(error)).toContain(`${file} cannot be restored: `);
        refused++;
        continue;
      }
      // Some bytes of an archive have no meaning, such as the time of an entry.
      expect(digestOf(directory)).toEqual(sound);
    }
    expect(refused).toBeGreaterThan(10);
  });
});

describe("an interrupted restore", () => {
  /** Creates the state that `restore` leaves right before its last step. */
  async function unpacked(directory: string, name: string): Promise<void> {
    const elsewhere = join(temporaryDirectory(), "data");
    await restore({ file: good, directory: elsewhere, replace: false });
    rmSync(join(elsewhere, "lock"));
    cpSync(elsewhere, join(directory, name), { recursive: true });
  }

  test("before the rename changes nothing; the next start deletes its files, and the next restore starts over", async () => {
    const directory = await used();
    await unpacked(directory, "restore.new");
    const { server } = await serve({ data: directory });
    await server.close();
    expect(inspect(directory).documents("items")).toMatchObject([{ name: "older" }]);
    expect(readdirSync(directory)).not.toContain("restore.new");
    await unpacked(directory, "restore.new");
    await restore({ file: good, directory, replace: true });
    expect(texts(directory)).toEqual(["from the backup"]);
    expect(readdirSync(directory)).not.toContain("restore.new");
  });

  test.each(["restore.complete", "restore.moving"])("at %s is completed by the next start", async (name) => {
    const directory = await used();
    await unpacked(directory, name);
    // After `restore.complete` the old data is deleted; after `restore.moving` the new data is moved in.
    rmSync(join(directory, "data.sqlite"));
    if (name === "restore.moving") {
      for (const gone of ["secret", "files", "started"])
        rmSync(join(directory, gone), { recursive: true, force: true });
      cpSync(join(directory, name, "secret"), join(directory, "secret"));
      rmSync(join(directory, name, "secret"));
    }
    const server = await serveFiles({ data: directory });
    expect(texts(directory)).toEqual(["from the backup"]);
    expect(onDisk(server)).toHaveLength(1);
    expect(inspect(directory).problems).toEqual([]);
    expect(readdirSync(directory)).not.toContain(name);
  });
});
