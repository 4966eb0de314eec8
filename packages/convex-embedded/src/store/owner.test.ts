import { chownSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockForBackup } from "./lock";
import { temporaryDirectory, testStore } from "./storeForTests";

test("a new data directory is accessible only to its user", () => {
  const directory = join(temporaryDirectory(), "a/data");
  testStore({ directory });
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("the locks of a data directory belong to its owner, even if root creates them", () => {
  const directory = temporaryDirectory();
  const { uid, gid } = process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : statSync(directory);
  chownSync(directory, uid, gid);
  lockForBackup(directory).release();
  expect(statSync(join(directory, "backup.lock"))).toMatchObject({ uid, gid });
});
