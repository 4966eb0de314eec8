/**
 * SIGKILL proves nothing about syncs: what was written stays in the system's memory. Here the system calls of a process
 * are recorded, and replayed onto a disk that forgets all that was not synced before the power failed.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundled } from "../../fixtures/child";
import type { Inspection } from "../../fixtures/inspect";
import { inspect } from "../../fixtures/inspect";
import type { Luck } from "../../fixtures/powerLoss";
import { RecordedDisk } from "../../fixtures/powerLoss";
import { below, randomOf, SEED } from "../../fixtures/random";
import type { SystemCall } from "../../fixtures/systemCalls";
import { canRecord, record } from "../../fixtures/systemCalls";
import { openStore } from "./store";
import { temporaryDirectory } from "./storeForTests";

const CHILD = join(import.meta.dirname, "powerLoss.child.ts");
const POINTS = 60;

// Where all must be shown, a test that shows nothing is to fail.
const skip = !canRecord() && process.env["CI"] === undefined;
const recorded = test.skipIf(skip);
if (skip) test.skip("power loss: needs strace, which is not installed or not allowed here");

/** Writes with the store until it is done. `root` is there before, the data directory is made in it. */
async function written(synchronous: "FULL" | "NORMAL"): Promise<{ root: string; calls: SystemCall[] }> {
  if (!canRecord()) throw new Error("This test needs strace: apt-get install strace");
  const [root, log] = [temporaryDirectory(), join(temporaryDirectory(), "log")];
  return { root, calls: await record(log, [await bundled(CHILD), join(root, "data"), synchronous]) };
}

/** What is lost or broken if the power fails at a line. */
async function lossesAt(disk: RecordedDisk, line: number, luck: Luck): Promise<string[]> {
  const target = temporaryDirectory();
  try {
    disk.writeTo(target, line, luck);
    const directory = join(target, "data");
    for (const lock of ["lock", "lock-journal"]) rmSync(join(directory, lock), { force: true });
    mkdirSync(join(directory, "files"), { recursive: true });
    await openStore({ directory }).close();
    return losses(disk, line, inspect(directory));
  } catch (error) {
    return [String(error)];
  } finally {
    rmSync(target, { recursive: true });
  }
}

function losses(disk: RecordedDisk, line: number, { documents, files, problems }: Inspection): string[] {
  const lost = [...problems];
  const texts = new Map(documents("items").map(({ _id, text }) => [String(_id), String(text)]));
  const uuids = new Set([...files.values()].map(({ uuid }) => uuid));
  const said = disk.printed.map(({ at, text }) => ({ before: at < line, text: text.trim() }));
  const deletions = new Set(said.flatMap(({ text }) => /^deleted (.*)/.exec(text)?.[1] ?? []));
  const acknowledged = new Map<string, string>();
  const later = new Map<string, Set<string>>();
  for (const { before, text } of said) {
    const [, id = "", content = ""] = /^document (\S+) (.*)/.exec(text) ?? [];
    if (before && id) acknowledged.set(id, content);
    if (!before && id) later.set(id, (later.get(id) ?? new Set()).add(content));
    const [, what, uuid = ""] = /^(file|deleted) (\S+)/.exec(text) ?? [];
    // One that is deleted later may be gone already; if it is named, its bytes are looked at.
    if (before && what === "file" && !deletions.has(uuid) && !uuids.has(uuid)) lost.push(`file ${uuid}`);
    if (before && what === "deleted" && uuids.has(uuid)) lost.push(`the deletion of ${uuid}`);
  }
  for (const [id, content] of acknowledged) {
    const there = texts.get(id);
    if (there !== content && !(there !== undefined && later.get(id)?.has(there))) lost.push(`document ${id}`);
  }
  return lost;
}

/** Lines at which the power might fail: right after each acknowledgement. */
const acknowledgements = (disk: RecordedDisk) => disk.printed.map(({ at }) => at + 1);
const nothing: Luck = () => false;

recorded(
  "nothing acknowledged is lost if nothing stays but what was synced",
  { timeout: 600_000 },
  async () => {
    const { root, calls } = await written("FULL");
    const disk = new RecordedDisk(root, calls);
    expect(disk.printed.length).toBeGreaterThan(80);
    for (const line of acknowledgements(disk))
      expect([line, await lossesAt(disk, line, nothing)]).toEqual([line, []]);

    // Some of what was not synced may be on the disk all the same, in any order, down to halves of pages.
    const random = randomOf(SEED);
    const last = calls.at(-1)?.end ?? 0;
    for (let i = 0; i < POINTS; i++) {
      const line = below(random, last);
      expect([line, await lossesAt(disk, line, () => random() < 0.5)]).toEqual([line, []]);
    }
    // The log was folded into the database meanwhile.
    const folds = calls.filter(({ name }) => name === "ftruncate").length;
    console.log(
      `${disk.printed.length} acknowledgements, ${calls.length} system calls, ${folds} truncations, 0 lost`,
    );

    // Each of these syncs is needed: without it the same record shows losses.
    const without: [string, (path: string) => boolean][] = [
      ["of the log", (path) => path.endsWith("-wal")],
      ["of the data directory's name", (path) => path === root],
      ["of the data directory", (path) => path === join(root, "data")],
      ["of stored bytes", (path) => path.includes("/files/tmp/")],
      ["of the names of stored files", (path) => /\/files(\/[0-9a-f]{2}){0,2}$/.test(path)],
    ];
    for (const [which, ignored] of without) {
      const forgetful = new RecordedDisk(root, calls, ignored);
      let losing = false;
      for (const line of acknowledgements(forgetful).toReversed()) {
        losing = (await lossesAt(forgetful, line, nothing)).length > 0;
        if (losing) break;
      }
      expect([which, losing]).toEqual([which, true]);
    }
  },
);

recorded(
  "synchronous=NORMAL loses what was acknowledged, so that the test above can fail",
  { timeout: 600_000 },
  async () => {
    const { root, calls } = await written("NORMAL");
    const disk = new RecordedDisk(root, calls);
    const lost = new Set<string>();
    for (const line of acknowledgements(disk))
      for (const loss of await lossesAt(disk, line, nothing)) lost.add(loss);
    expect([...lost].filter((loss) => /^document/.test(loss)).length).toBeGreaterThan(0);
    console.log(`synchronous=NORMAL: ${lost.size} acknowledged writes lost at some point`);
  },
);

recorded.each([
  ["the disk is full", "pwrite64:error=ENOSPC:when=150..170"],
  ["writing fails", "pwrite64:error=EIO:when=150..200+3"],
  ["syncing fails", "fsync:error=EIO:when=30..70+2"],
  ["no sync succeeds any more", "fsync:error=EIO:when=60+"],
])("while %s, nothing is acknowledged that is not kept, and afterwards it goes on", async (_what, fault) => {
  const [directory, log] = [join(temporaryDirectory(), "data"), join(temporaryDirectory(), "log")];
  const calls = await record(log, [await bundled(CHILD), directory, "FULL"], [fault]);
  const disk = new RecordedDisk(join(directory, ".."), calls);
  await openStore({ directory }).close();
  const found = inspect(directory);
  expect(losses(disk, Infinity, found)).toEqual([]);
  const failed = disk.printed.filter(({ text }) => text.startsWith("failed"));
  expect(failed.length).toBeGreaterThan(0);
  const texts = new Set(
    found.documents("items").map(({ _id, text }) => `failed ${String(_id)} ${String(text)}`),
  );
  expect(failed.filter(({ text }) => texts.has(text.trim()))).toEqual([]);
  // The last faults of all but one are over before the end.
  expect(disk.printed.at(-1)?.text.startsWith("failed")).toBe(fault.endsWith("+"));
  console.log(
    `${fault}: ${failed.length} refused, ${disk.printed.length - failed.length} acknowledged and kept`,
  );
});

recorded("what is recorded is what happened", async () => {
  const { root, calls } = await written("FULL");
  const disk = new RecordedDisk(root, calls);
  const target = temporaryDirectory();
  disk.writeTo(target, Infinity, () => true);
  for (const name of ["lock", "lock-journal", "data.sqlite-shm"]) {
    for (const directory of [root, target]) rmSync(join(directory, "data", name), { force: true });
  }
  expect(everything(target)).toEqual(everything(root));
});

/** The files below a directory, by their paths in it. */
function everything(directory: string): [string, string][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path): [string, string] => [path.slice(directory.length), readFileSync(path, "base64")])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
