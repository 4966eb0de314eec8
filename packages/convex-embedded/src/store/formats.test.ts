import { join } from "node:path";
import { expect, test } from "vitest";
import { backUp } from "../backup/backup";
import { restore } from "../backup/restore";
import { searchQuery } from "../search/query";
import { encodeId } from "../values/ids";
import {
  indexOf,
  insert,
  insertOne,
  inTransaction,
  items,
  itemStore,
  names,
  schema,
  temporaryDirectory,
  testStore,
} from "./storeForTests";
import { Connection } from "./sqlite";

/** Downgrades a database to format 4, which had no change log. */
function toFormat4(db: Connection): void {
  db.exec("DROP TABLE document_changes; UPDATE meta SET value = '4' WHERE key = 'format'");
}

/** Downgrades a database from format 4 to format 3, which had no search indexes. */
function toFormat3(db: Connection): void {
  for (const table of ["search_indexes", "search_documents", "search_terms", "search_blocks"]) {
    db.exec(`DROP TABLE ${table}`);
  }
  db.exec("UPDATE meta SET value = '3' WHERE key = 'format'");
}

/** Downgrades a database from format 3 to format 2, whose columns had other names. */
function toFormat2(db: Connection): void {
  db.exec(`
    ALTER TABLE documents RENAME COLUMN table_id TO table_number;
    ALTER TABLE indexes RENAME COLUMN table_id TO table_number;
    UPDATE meta SET value = '2' WHERE key = 'format';
  `);
}

/** Downgrades a database from format 2 to format 1, where the number of a table was its id. */
function toFormat1(db: Connection): void {
  db.exec(`
    UPDATE documents SET table_number = (SELECT number FROM tables WHERE id = table_number);
    UPDATE indexes SET table_number = (SELECT number FROM tables WHERE id = table_number);
    ALTER TABLE tables RENAME TO old;
    CREATE TABLE tables (
      number INTEGER PRIMARY KEY,
      component TEXT NOT NULL,
      name TEXT NOT NULL,
      document_type TEXT,
      UNIQUE (component, name)
    );
    INSERT INTO tables SELECT number, component, name, document_type FROM old;
    DROP TABLE old;
    UPDATE meta SET value = '1' WHERE key = 'format';
  `);
}

/** Creates a data directory in the format of an earlier version. */
async function oldData(format: number): Promise<{ directory: string; id: string }> {
  const directory = temporaryDirectory();
  const store = await itemStore({ directory });
  await insertOne(store, { name: "b" });
  const internal = await insertOne(store, { name: "a" });
  const id = encodeId(items(store).number, internal);
  await store.close();
  const db = new Connection(join(directory, "data.sqlite"));
  toFormat4(db);
  if (format <= 3) toFormat3(db);
  if (format <= 2) toFormat2(db);
  if (format === 1) toFormat1(db);
  db.close();
  return { directory, id };
}

test.each([1, 2, 3, 4])(
  "a database of format %i is upgraded and keeps documents, ids and indexes",
  async (format) => {
    const { directory } = await oldData(format);
    for (const round of [1, 2]) {
      const store = testStore({ directory });
      expect(names(store, "by_name")).toEqual(["a", "b", ...Array<string>(round - 1).fill("c")]);
      expect(names(store, "by_id")).toHaveLength(round + 1);
      if (round === 1) await insertOne(store, { name: "c" });
      const other = await inTransaction(store, (transaction) => transaction.createTable("", `new${round}`));
      expect(other.number).toBeGreaterThan(items(store).number);
      await inTransaction(store, (transaction) => insert(transaction, other, {}));
      await store.close();
    }
  },
);

test.each([1, 2, 3, 4])(
  "a database of format %i can be backed up before the upgrade, and the backup restored",
  async (format) => {
    const { directory, id } = await oldData(format);
    const file = join(temporaryDirectory(), "backup.zip");
    await backUp({ directory, file });
    const restored = join(temporaryDirectory(), "data");
    await restore({ file, directory: restored, replace: false });
    const store = testStore({ directory: restored });
    const snapshot = store.snapshot();
    const found = snapshot.scan(
      indexOf(items(store), "by_id"),
      { start: Buffer.alloc(0), end: Buffer.from([0xff]) },
      "asc",
    );
    const ids = [found.next(), found.next()].map(
      (row) => (JSON.parse(row?.json ?? "") as { _id: string })._id,
    );
    expect(ids).toContain(id);
    snapshot.release();
  },
);

test("a database without search indexes is upgraded, and a declared index is filled at the start", async () => {
  const { directory } = await oldData(3);
  const store = testStore({ directory });
  const search = [{ indexDescriptor: "search", searchField: "name", filterFields: [] }];
  const lines: string[] = [];
  await store.applySchema("", schema({ items: { search } }), (line) => lines.push(line));
  expect(lines).toContain("search index items.search filled with 2 documents");
  const [index] = items(store).searchIndexes;
  if (index === undefined) throw new Error("no index");
  const snapshot = store.snapshot();
  expect(snapshot.search(items(store), index, searchQuery(index, "b", [])).matches).toHaveLength(1);
  snapshot.release();
});

test("system tables have Convex's numbers in every component, and user tables have unique numbers", async () => {
  const store = testStore();
  const numbers = await inTransaction(store, (transaction) =>
    ["_storage", "_scheduled_functions", "items"].map((name) =>
      ["", "child"].map((component) => transaction.createTable(component, name).number),
    ),
  );
  expect(numbers).toEqual([
    [540, 540],
    [539, 539],
    [10_001, 10_002],
  ]);
  // Documents with the same table number, and even the same id, are distinct in different components.
  await inTransaction(store, (transaction) => {
    for (const component of ["", "child"]) {
      const table = store.catalog.table(component, "_storage");
      if (!table) throw new Error("no table");
      const internal = Buffer.alloc(16, 1);
      transaction.insert(table, internal, { _id: encodeId(540, internal), _creationTime: 1, of: component });
    }
  });
  const table = store.catalog.tableByNumber("child", 540);
  const snapshot = store.snapshot();
  expect(JSON.parse((table && snapshot.get(table, Buffer.alloc(16, 1))) ?? "")).toMatchObject({
    of: "child",
  });
  snapshot.release();
});
