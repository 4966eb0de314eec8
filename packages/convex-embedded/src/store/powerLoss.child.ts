/**
 * The process that `powerLoss.slow.test.ts` records. It writes documents and files to a new data directory. It prints what is
 * acknowledged, with one system call per line: `document ID TEXT`, `file UUID SHA256`, `deleted UUID`. It also prints what was
 * refused: `failed ID TEXT`, `failed file`.
 */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { CreationTimes } from "./creationTimes";
import { FileStorage } from "../files/fileStorage";
import { FileDisk } from "../files/filesDisk";
import { withSystemTables } from "./system/systemTables";
import { encodeId, newInternalId } from "../values/ids";
import { openStore } from "./store";
import type { Transaction } from "./types";

const [, , directory = "", unsynced] = process.argv;
// A low limit, so that the log is checkpointed again and again.
const store = openStore({
  directory,
  hooks: unsynced === undefined ? {} : { sync: null },
  logBytes: 100_000,
});
const tables = [
  { tableName: "items", documentType: null, indexes: [{ indexDescriptor: "by_text", fields: ["text"] }] },
];
await store.applySchema("", withSystemTables({ schemaValidation: false, tables }), () => undefined);
const files = new FileStorage({
  store,
  creationTimes: new CreationTimes(0),
  clock: Date.now,
  warn: () => undefined,
  bytes: new FileDisk(join(directory, "files")),
  origin: "",
  key: randomBytes(32),
});
const table = store.catalog.table("", "items");
if (!table) throw new Error("no table items");

for (let round = 0; round < 24; round++) {
  await Promise.all([write(round), write(round), round % 3 === 0 ? storeFile(round) : write(round)]);
}
// Exit without closing the store, which would be one more checkpoint.
process.exit();

async function write(round: number): Promise<void> {
  if (!table) return;
  const internal = newInternalId();
  const document = {
    _id: encodeId(table.number, internal),
    _creationTime: Date.now(),
    text: `${round} first`,
  };
  const inserted = await attempt(`${document._id} ${document.text}`, (transaction) => {
    transaction.insert(table, internal, document);
  });
  if (!inserted || round % 2 === 0) return;
  const text = `${round} second ${"x".repeat(round * 150)}`;
  await attempt(`${document._id} ${text}`, (transaction) => {
    transaction.replace(table, internal, { ...document, text });
  });
}

async function attempt(what: string, work: (transaction: Transaction) => void): Promise<boolean> {
  const done = await succeeds(
    store.mutate((transaction) => {
      work(transaction);
      return Promise.resolve();
    }),
  );
  say(`${done ? "document" : "failed"} ${what}`);
  return done;
}

async function storeFile(round: number): Promise<void> {
  const blob = new Blob([randomBytes(500 + round * 200)]);
  let id = "";
  const saving = files.save(blob.stream(), { component: "", contentType: null });
  if (!(await succeeds(saving.then((saved) => void (id = saved))))) {
    say("failed file");
    return;
  }
  const file = files.committed((reader) => files.byId(reader, "", id));
  if (!file) throw new Error("it was stored");
  say(`file ${file.uuid} ${file.sha256}`);
  if (round % 2 === 0) return;
  const deleting = store.mutate((transaction) => {
    files.delete(transaction, file);
    return Promise.resolve();
  });
  if (await succeeds(deleting)) say(`deleted ${file.uuid}`);
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
