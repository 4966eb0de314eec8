import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bufferOf, Connection } from "./sqlite";
import type { ConnectionOptions } from "./sqlite";
import { insertOne, itemStore, names, temporaryDirectory } from "./storeForTests";

function open(name = ":memory:", options: ConnectionOptions = {}): Connection {
  const db = new Connection(name, options);
  onTestFinished(() => db.close());
  return db;
}

function withTable(name?: string): Connection {
  const db = open(name);
  db.exec("CREATE TABLE t (n INTEGER, text TEXT UNIQUE, bytes BLOB)");
  return db;
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing was thrown";
}

test("values are read back unchanged, and whole numbers are stored as integers", () => {
  const db = withTable();
  const insert = db.prepare("INSERT INTO t VALUES (?, ?, ?)");
  const bytes = Buffer.from([9, 0, 255, 1, 9]).subarray(1, 4);
  insert.run(Number.MAX_SAFE_INTEGER, "é😀", bytes);
  insert.run(null, "", Buffer.alloc(0));
  type Stored = [string, number | null, string, Uint8Array];
  const stored = db.prepare<[], Stored>("SELECT typeof(n), n, text, bytes FROM t").raw().all();
  expect(stored.map(([type, n, text, blob]) => [type, n, text, bufferOf(blob)])).toEqual([
    ["integer", Number.MAX_SAFE_INTEGER, "é😀", bytes],
    ["null", null, "", Buffer.alloc(0)],
  ]);
});

test("rows are objects, arrays or single values", () => {
  const db = withTable();
  db.exec("INSERT INTO t (n, text) VALUES (1, 'a'), (2, 'b')");
  const sql = "SELECT n, text FROM t WHERE n > ?";
  expect(db.prepare(sql).all(1)).toEqual([{ n: 2, text: "b" }]);
  expect(db.prepare(sql).raw().all(0)).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
  expect(db.prepare(sql).pluck().all(0)).toEqual([1, 2]);
  expect(db.prepare(sql).pluck().get(0)).toBe(1);
  expect(db.prepare(sql).pluck().get(9)).toBeUndefined();
  expect(db.pragma("journal_mode")).toBe("memory");
});

test("a wrong number of parameters is refused", () => {
  const insert = withTable().prepare("INSERT INTO t (n, text) VALUES (?, ?)");
  for (const parameters of [[], [1], [1, "a", "b"]]) {
    expect(() => insert.run(...parameters)).toThrow(
      `The statement has 2 parameters, not ${parameters.length}`,
    );
  }
});

test("values that would not read back unchanged are refused", () => {
  const db = withTable();
  expect(() => db.prepare("INSERT INTO t (text) VALUES (?)").run("a\0b")).toThrow("NUL character");
  db.exec("INSERT INTO t (n) VALUES (9007199254740993)");
  expect(() => db.prepare("SELECT n FROM t").get()).toThrow("too large");
});

test("a document keeps NUL characters, because JSON escapes them", async () => {
  const store = await itemStore();
  await insertOne(store, { name: "a\0b" });
  expect(names(store, "by_name")).toEqual(["a\0b"]);
});

test("errors have SQLite's codes", () => {
  const directory = temporaryDirectory();
  const file = join(directory, "a.sqlite");
  const db = withTable(file);
  db.exec("INSERT INTO t (text) VALUES ('a')");
  expect(codeOf(() => db.prepare("INSERT INTO t (text) VALUES (?)").run("a"))).toBe(
    "SQLITE_CONSTRAINT_UNIQUE",
  );
  expect(codeOf(() => db.prepare("SELECT FROM"))).toBe("SQLITE_ERROR");

  db.exec("BEGIN EXCLUSIVE");
  const other = open(file);
  expect(codeOf(() => other.exec("BEGIN IMMEDIATE"))).toBe("SQLITE_BUSY");
  expect(codeOf(() => other.prepare("SELECT * FROM t").all())).toBe("SQLITE_BUSY");
  db.exec("COMMIT");

  expect(codeOf(() => open(file, { readonly: true }).exec("DELETE FROM t"))).toBe("SQLITE_READONLY");
  expect(codeOf(() => open(join(directory, "missing", "a.sqlite")))).toBe("SQLITE_CANTOPEN");

  db.pragma(`max_page_count = ${Number(db.pragma("page_count"))}`);
  expect(codeOf(() => db.prepare("INSERT INTO t (bytes) VALUES (?)").run(Buffer.alloc(100_000)))).toBe(
    "SQLITE_FULL",
  );

  writeFileSync(join(directory, "text"), "no database ".repeat(100));
  const text = open(join(directory, "text"));
  expect(codeOf(() => text.prepare("SELECT * FROM sqlite_schema").get())).toBe("SQLITE_NOTADB");
});

test("a missing file is created only if the options allow it", () => {
  const directory = temporaryDirectory();
  const file = join(directory, "a.sqlite");
  for (const options of [{ mustExist: true }, { readonly: true }]) {
    expect(codeOf(() => open(file, options))).toBe("SQLITE_CANTOPEN");
  }
  expect(existsSync(file)).toBe(false);
  withTable(file);
  expect(existsSync(file)).toBe(true);
});

test.each(["file:a", "a?mode=memory", "a#b", "a%20b", "é b"])("a file may be named %s", (name) => {
  const directory = temporaryDirectory();
  const file = join(directory, name);
  withTable(file).close();
  expect(existsSync(file)).toBe(true);
});

test("a transaction is atomic", () => {
  const db = withTable();
  const count = () => db.prepare("SELECT count(*) FROM t").pluck().get();
  expect(db.transaction(() => db.prepare("INSERT INTO t (n) VALUES (?)").run(1).changes)).toBe(1);
  const failing = (): void => {
    db.exec("DELETE FROM t");
    expect(db.inTransaction).toBe(true);
    throw new Error("on purpose");
  };
  expect(() => db.transaction(failing)).toThrow("on purpose");
  expect(db.inTransaction).toBe(false);
  expect(count()).toBe(1);
});

test("close releases locks even with open statements, and may be called twice", () => {
  const directory = temporaryDirectory();
  const file = join(directory, "a.sqlite");
  const db = withTable(file);
  const statement = db.prepare("SELECT * FROM t");
  statement.all();
  db.exec("BEGIN EXCLUSIVE");
  db.close();
  db.close();
  expect(db.inTransaction).toBe(false);
  expect(() => statement.all()).toThrow("finalized");
  open(file).exec("BEGIN EXCLUSIVE; COMMIT");
});

test("copyTo copies one state while other connections write, and leaves the event loop free", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "a.sqlite");
  const writer = withTable(file);
  writer.pragma("journal_mode = WAL");
  const insert = writer.prepare("INSERT INTO t (bytes) VALUES (?)");
  const rows = 2_000;
  writer.transaction(() => {
    for (let i = 0; i < rows; i++) insert.run(Buffer.alloc(10_000, i));
  });
  const source = open(file);
  const copy = join(directory, "b.sqlite");
  const state = { ended: false };
  const copying = source.copyTo(copy).finally(() => (state.ended = true));
  let written = 0;
  while (!state.ended) {
    insert.run(Buffer.alloc(10_000));
    written++;
    await new Promise(setImmediate);
  }
  await copying;
  expect(written).toBeGreaterThan(0);
  const count = (db: Connection) => db.prepare("SELECT count(*) FROM t").pluck().get();
  expect(count(open(copy))).toBe(rows);
  expect(open(copy).pragma("integrity_check")).toBe("ok");
  expect(count(source)).toBe(rows + written);
});

test("copyTo reports a file that cannot be written, and the connection goes on", async () => {
  const directory = temporaryDirectory();
  const db = withTable(join(directory, "a.sqlite"));
  await expect(db.copyTo(join(directory, "missing", "b.sqlite"))).rejects.toMatchObject({
    code: "SQLITE_CANTOPEN",
  });
  db.prepare("INSERT INTO t (n) VALUES (?)").run(1);
  expect(db.inTransaction).toBe(false);
});
