import { join } from "node:path";
import { expect, test } from "vitest";
import { backUp } from "../backup/backup";
import { restore } from "../backup/restore";
import { encodeId } from "../values/ids";
import {
  indexOf,
  insert,
  insertOne,
  inTransaction,
  items,
  itemStore,
  names,
  temporaryDirectory,
  testStore,
} from "./storeForTests";
import { Connection } from "./sqlite";

/** Makes of a database what format 1 made of it: tables were known by their numbers. */
function toFormat1(directory: string): void {
  const db = new Connection(join(directory, "data.sqlite"));
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
  db.close();
}

async function oldData(): Promise<{ directory: string; id: string }> {
  const directory = temporaryDirectory();
  const store = await itemStore({ directory });
  await insertOne(store, { name: "b" });
  const internal = await insertOne(store, { name: "a" });
  const id = encodeId(items(store).number, internal);
  await store.close();
  toFormat1(directory);
  return { directory, id };
}

test("a database of format 1 is brought to the present one and keeps documents, ids and indexes", async () => {
  const { directory } = await oldData();
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
});

test("a database of format 1 can be backed up before that, and the backup restored", async () => {
  const { directory, id } = await oldData();
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
  const ids = [found.next(), found.next()].map((row) => (JSON.parse(row?.json ?? "") as { _id: string })._id);
  expect(ids).toContain(id);
  snapshot.release();
});

test("the runtime's tables have Convex's numbers in every component, others have one each", async () => {
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
  // Documents with the same number, and even the same id, do not meet.
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
