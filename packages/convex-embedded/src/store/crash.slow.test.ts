import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { endsWithTest } from "../../fixtures/child";
import { below, randomOf, SEED } from "../../fixtures/random";
import { decodeId } from "../values/ids";
import { Connection } from "./sqlite";
import { collect, items, temporaryDirectory, testStore } from "./storeForTests";
import { openStore } from "./store";

const ROUNDS = 10;
const CHILD = join(import.meta.dirname, "crash.child.ts");
const RUN = join(import.meta.dirname, "../../../../scripts/run.mjs");

type Child = ChildProcessByStdio<null, Readable, null>;

function start(directory: string, mode: string): Child {
  const args = [RUN, CHILD, directory, mode];
  return endsWithTest(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
}

/** Kills a child without warning, which for a process is like a power loss. Resolves when it has exited. */
async function kill(child: Child): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Returns the ids that a writer printed before it was killed. @param enough The number of ids after which it is killed. */
async function acknowledged(directory: string, enough: number): Promise<string[]> {
  const child = start(directory, "write");
  const ids: string[] = [];
  let killed: Promise<void> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    // Ignore a line that the kill truncated: it is not a complete acknowledgement.
    if (line.length === 32) ids.push(line);
    if (ids.length >= enough) killed ??= kill(child);
  }
  await killed;
  return ids;
}

test("SIGKILL loses no acknowledged document, and the indexes match the documents", async () => {
  const random = randomOf(SEED);
  const directory = temporaryDirectory();
  const known = new Set<string>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const id of await acknowledged(directory, 1 + below(random, 150 * round))) known.add(id);
    const store = openStore({ directory });
    const snapshot = store.snapshot();
    const lost = [...known].filter(
      (id) => snapshot.get(items(store), decodeId(id)?.internal ?? Buffer.alloc(16)) === null,
    );
    expect(lost).toEqual([]);
    const [ids, ...others] = items(store).indexes.map((index) =>
      collect(snapshot, index)
        .map(({ _id }) => String(_id))
        .sort(),
    );
    for (const other of others) expect(other).toEqual(ids);
    for (const index of items(store).indexes.filter(({ fields: [field] }) => field === "n")) {
      const ranks = collect(snapshot, index).map(({ n }) => Number(n));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    }
    snapshot.release();
    await store.close();
  }
  expect(known.size).toBeGreaterThan(ROUNDS);
  const db = new Connection(join(directory, "data.sqlite"));
  expect(db.pragma("integrity_check")).toBe("ok");
  db.close();
});

test("only one process can hold a directory, until it ends for any reason", async () => {
  const directory = temporaryDirectory();
  const holder = start(directory, "hold");
  const [line] = (await once(createInterface({ input: holder.stdout }), "line")) as [string];
  expect(line).toBe("held");
  expect(() => openStore({ directory })).toThrow("is in use by another process. Stop that process");
  await kill(holder);
  testStore({ directory });
});
