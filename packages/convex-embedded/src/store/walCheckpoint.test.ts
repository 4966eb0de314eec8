import { join } from "node:path";
import { expect, test } from "vitest";
import { openWriteConnection } from "./layout";
import { SnapshotPool } from "./snapshots";
import { temporaryDirectory } from "./storeForTests";
import { WalCheckpoint } from "./walCheckpoint";
import { WriteConnection } from "./writeConnection";

test("a checkpoint that fails, as on a full disk, is tried again after many more pages, not after each commit", async () => {
  const file = join(temporaryDirectory(), "data.sqlite");
  const db = openWriteConnection(file);
  db.pragma("wal_autocheckpoint = 0");
  db.exec("CREATE TABLE filler (bytes BLOB)");
  const fill = (mebibytes: number) =>
    db.prepare<[number]>("INSERT INTO filler VALUES (zeroblob(? * 1048576))").run(mebibytes);
  const pool = new SnapshotPool(file, 1, new WriteConnection(db, null).catalog);
  const wal = new WalCheckpoint(db, pool, 1e12);
  const pragma = db.pragma.bind(db);
  let attempts = 0;
  db.pragma = (text) => {
    if (text !== "wal_checkpoint(PASSIVE)") return pragma(text);
    attempts++;
    throw new Error("database or disk is full");
  };
  const commit = () => wal.checkpointIfDue(() => Promise.resolve());
  fill(20);
  await expect(commit()).rejects.toThrow("full");
  expect(await commit()).toBe(false);
  fill(20);
  await expect(commit()).rejects.toThrow("full");
  expect(attempts).toBe(2);
  pool.close();
  db.close();
});
