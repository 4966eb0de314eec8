import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { explainError } from "./corruption";
import { Connection } from "./sqlite";
import { asSqliteError } from "./sqliteError";
import { insertOne, itemStore, temporaryDirectory } from "./storeForTests";
import { openStore } from "./store";

const unmounted: string[] = [];
// Registered after the hook that deletes the directories, so it runs before that hook.
afterEach(() => {
  for (const directory of unmounted.splice(0)) execFileSync("umount", ["-l", directory]);
});

/** Creates a data directory that a store has written and closed. */
async function written(): Promise<{ directory: string; file: string }> {
  const directory = temporaryDirectory();
  const store = await itemStore({ directory });
  for (let i = 0; i < 100; i++) await insertOne(store, { name: `item ${i}` });
  await store.close();
  return { directory, file: join(directory, "data.sqlite") };
}

test.each([
  ["is not a database any more", 0, Buffer.from("something else  ")],
  ["has a broken schema", 100, Buffer.alloc(200, 0x5a)],
])(
  "opening a database that %s throws an error with the file's name and advice",
  async (_what, position, bytes) => {
    const { directory, file } = await written();
    const database = openSync(file, "r+");
    writeSync(database, bytes, 0, bytes.length, position);
    closeSync(database);
    expect(() => openStore({ directory })).toThrow(`The database ${file} is corrupt: `);
    expect(() => openStore({ directory })).toThrow(
      'Restore a backup with "npx convex-embedded restore FILE --replace"',
    );
  },
);

test("opening a truncated database throws an error with the file's name", async () => {
  const { directory, file } = await written();
  truncateSync(file, 5_000);
  expect(() => openStore({ directory })).toThrow(`The database ${file} is corrupt: `);
});

test("a read of a corrupt page throws an error with the file's name, and writes still work", async () => {
  const { directory, file } = await written();
  const db = new Connection(file);
  const leaves = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'documents' AND pagetype = 'leaf' ORDER BY pageno")
    .pluck()
    .all() as number[];
  const pageSize = Number(db.pragma("page_size"));
  db.close();
  const middle = leaves[Math.floor(leaves.length / 2)] ?? 0;
  const database = openSync(file, "r+");
  writeSync(database, Buffer.alloc(pageSize, 0xff), 0, pageSize, (middle - 1) * pageSize);
  closeSync(database);

  const store = openStore({ directory });
  const table = store.catalog.table("", "items");
  const index = table?.indexes.find(({ name }) => name === "by_creation_time");
  if (!table || !index) throw new Error("no table");
  const everything = { start: Buffer.alloc(0), end: Buffer.alloc(1, 0xff) };
  const readAll = () => {
    const snapshot = store.snapshot();
    try {
      for (const rows = snapshot.scan(index, everything, "asc"); rows.next(););
    } finally {
      snapshot.release();
    }
  };
  expect(readAll).toThrow(`The database ${file} is corrupt: `);
  await insertOne(store, { name: "after" });
  expect(readAll).toThrow(`The database ${file} is corrupt: `);
  await insertOne(store, { name: "and again" });
  await store.close();
});

test("a database of a newer format is refused and not changed", async () => {
  const { directory, file } = await written();
  const db = new Connection(file);
  db.exec("UPDATE meta SET value = '999' WHERE key = 'format'");
  db.close();
  expect(() => openStore({ directory })).toThrow(
    `${file} has format 999, written by a newer version; this one reads formats up to 5. Update this project, or choose another data directory.`,
  );
});

test("opening an unwritable directory throws an error with its name", async ({ skip }) => {
  const { directory } = await written();
  if (process.getuid?.() === 0) {
    // The superuser can write everywhere except on a read-only mount.
    try {
      execFileSync("mount", ["--bind", directory, directory], { stdio: "ignore" });
      unmounted.push(directory);
      execFileSync("mount", ["-o", "remount,bind,ro", directory], { stdio: "ignore" });
    } catch {
      return skip("needs permission to mount");
    }
  } else {
    chmodSync(directory, 0o555);
    onTestFinished(() => chmodSync(directory, 0o755));
  }
  const advice = "Make it writable for this process, or choose another data directory.";
  expect(() => openStore({ directory })).toThrow(`The data directory ${directory} cannot be written: `);
  expect(() => openStore({ directory })).toThrow(advice);
  expect(() => openStore({ directory: join(directory, "new") })).toThrow("cannot be created: ");
});

test("opening a directory whose path is a file throws an error with its name", () => {
  const directory = join(temporaryDirectory(), "data");
  writeFileSync(directory, "");
  expect(() => openStore({ directory })).toThrow(`The data directory ${directory} cannot be created: `);
});

test("opening an unwritable database throws an error with its name", async () => {
  const { directory, file } = await written();
  rmSync(file);
  mkdirSync(file);
  expect(() => openStore({ directory })).toThrow(`The database ${file} cannot be written: `);
});

test.each(["EMFILE", "ENFILE"] as const)(
  "the error for %s names the limit on open files, not file permissions",
  (name) => {
    const cannotOpen = { errcode: 14, systemErrno: constants.errno[name] };
    const cause = asSqliteError(Object.assign(new Error("unable to open database file"), cannotOpen));
    expect(String(explainError("/data/data.sqlite", cause))).toContain(
      'cannot be opened, because too many files are open. Raise the limit, for instance with "ulimit -n 4096".',
    );
  },
);
