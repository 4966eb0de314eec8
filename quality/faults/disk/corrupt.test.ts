/** A database file that another program has corrupted. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { Connection } from "../../../packages/convex-embedded/src/store/sqlite";
import { type Call, caller, everything, type Json } from "../client";
import { randomOf } from "../../../packages/convex-embedded/fixtures/random";
import { READY, readiness } from "./readiness";
import { temporaryDirectory } from "../../lib/testServer";
import { launchServer, refusedStart, startServer } from "../server";

const PAGE = 4096;
const ITEMS = 300;
const { seed, long } = inject("scale");
/** Starts with overwritten pages. */
const STARTS = long ? 25 : 3;

/** Creates a data directory with many items. */
async function dataWithItems(end: "stop" | "kill") {
  const data = join(temporaryDirectory(), "data");
  const server = await startServer({ data });
  const call = caller(server.url, server.key);
  const items: Json[] = [];
  const create = async () => {
    const description = randomBytes(400).toString("hex");
    const { json } = await call("POST", "/api/items", { name: "bolt", description });
    items.push(json);
  };
  for (let i = 0; i < ITEMS; i += 50) await Promise.all(Array.from({ length: 50 }, create));
  await (end === "stop" ? server.stop() : server.kill());
  return { data, file: join(data, "data.sqlite"), key: server.key, items };
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const database = openSync(file, "r+");
  writeSync(database, bytes, 0, bytes.length, at);
  closeSync(database);
}

async function expectRefused(data: string, why: RegExp): Promise<void> {
  const { status, printed } = await refusedStart({ data });
  expect(status).toBe(1);
  expect(printed).toMatch(why);
  expect(printed).not.toContain("\n");
}

const CORRUPT = /^The database \S+data\.sqlite is corrupt: .*convex-embedded restore FILE --replace/;

test("a start is refused with a broken header, a truncated file or a foreign file", async () => {
  const { data, file } = await dataWithItems("stop");
  const whole = readFileSync(file);
  overwrite(file, 0, randomBytes(100));
  await expectRefused(data, CORRUPT);

  writeFileSync(file, whole);
  truncateSync(file, Math.floor(whole.length / 2));
  await expectRefused(data, CORRUPT);

  writeFileSync(file, "Dear diary,\n".repeat(1_000));
  await expectRefused(data, CORRUPT);

  writeFileSync(file, "");
  const other = new Connection(file);
  other.exec("CREATE TABLE cats (name TEXT)");
  other.close();
  await expectRefused(
    data,
    /data\.sqlite is not a database of this project\. Choose another data directory\.$/,
  );

  // A refused start does not change the file.
  writeFileSync(file, whole);
  const server = await startServer({ data });
  expect((await server.stop()).code).toBe(0);
});

/** Overwrites pages with random bytes and an invalid page type. With a valid type, SQLite could read a page as empty. */
function corrupt(file: string, pages: readonly number[]): void {
  for (const page of pages) {
    const bytes = randomBytes(PAGE);
    bytes[0] = 0xff;
    overwrite(file, (page - 1) * PAGE, bytes);
  }
}

/** Reads each item, and expects either the acknowledged item or a 503. @returns the number of 503s. */
async function readAll(call: Call, items: readonly Json[]): Promise<number> {
  let errors = 0;
  const readOne = async (item: Json) => {
    const { status, json } = await call("GET", `/api/items/${String(item["id"])}`);
    if (status === 200) {
      expect(json).toEqual(item);
      return;
    }
    expect([status, json["code"]]).toEqual([503, "unavailable"]);
    errors++;
  };
  for (let i = 0; i < items.length; i += 50) await Promise.all(items.slice(i, i + 50).map(readOne));
  return errors;
}

test("reads of corrupt documents get 503, the log names the remedy, and other requests work", async () => {
  const { data, file, key, items } = await dataWithItems("stop");
  const db = new Connection(file, { readonly: true });
  const leaves = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'documents' AND pagetype = 'leaf' ORDER BY pageno")
    .pluck()
    .all() as number[];
  db.close();
  // A start reads the first and the last pages, so pages in the middle are corrupted.
  corrupt(file, leaves.slice(leaves.length / 2, leaves.length / 2 + 5));
  const server = await startServer({ data });
  const call = caller(server.url, key);
  const errors = await readAll(call, items);
  expect(errors).toBeGreaterThan(5);
  expect(errors).toBeLessThan(100);
  expect((await call("GET", "/api/items?limit=1")).status).toBe(200);
  await server.line(/The database \S+data\.sqlite is corrupt: .*restore FILE --replace/);
  const created = await call("POST", "/api/items", { name: "later" });
  expect(created.status).toBe(201);
  expect((await server.stop()).code).toBe(0);
});

test("the server is not ready after its database is overwritten with random bytes", async () => {
  const { data, file, key } = await dataWithItems("stop");
  const server = await startServer({ data });
  const call = caller(server.url, key);
  expect(await readiness(call)).toEqual(READY);
  overwrite(file, 0, randomBytes(statSync(file).size));
  // Reads may still find their pages in memory, but a write needs others.
  expect((await readiness(call)).status).toBe(503);
  expect((await call("GET", "/health")).status).toBe(200);
  // The line may arrive after the reply.
  await server.line(/"check":"database\.(read|write)","cause":.*corrupt/);
  await server.kill();
});

test(
  "with random pages overwritten, the start is refused or every reply is correct",
  { timeout: 60_000 + STARTS * 10_000 },
  async () => {
    const { data, file, key, items } = await dataWithItems("stop");
    const whole = readFileSync(file);
    const random = randomOf(seed);
    const pages = statSync(file).size / PAGE;
    let refused = 0;
    for (let round = 0; round < STARTS; round++) {
      writeFileSync(file, whole);
      const count = 1 + (round % 5);
      corrupt(
        file,
        Array.from({ length: count }, () => 2 + Math.floor(random() * (pages - 1))),
      );
      const server = launchServer({ data });
      const ready = await server.readyOrEnded();
      if (ready === "ready") {
        await readAll(caller(server.url, key), items);
        await server.kill();
      } else {
        refused++;
        expect([ready.code, server.lines.join("\n")]).toEqual([1, expect.stringMatching(CORRUPT)]);
      }
      for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    }
    console.log(`${refused} of ${STARTS} starts with corrupt pages were refused`);
  },
);

// A truncated log looks like a crash before its last transactions. SQLite recovers the complete ones.
test("a truncated write-ahead log restores only complete, unchanged transactions", async () => {
  const { data, file, key, items } = await dataWithItems("kill");
  const log = statSync(`${file}-wal`).size;
  truncateSync(`${file}-wal`, Math.floor(log * (0.3 + 0.5 * randomOf(seed)())));
  const server = await startServer({ data });
  const found = await everything(caller(server.url, key), "/api/items");
  expect((await server.stop()).code).toBe(0);
  expect(inspect(data).problems).toEqual([]);
  expect(found.length).toBeLessThan(items.length);
  const acknowledged = new Map(items.map((item) => [item["id"], item]));
  for (const item of found) expect(item).toEqual(acknowledged.get(item["id"]));
});
