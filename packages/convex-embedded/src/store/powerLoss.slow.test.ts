/**
 * SIGKILL does not test syncs: the operating system keeps written data in memory. This test records the system calls of a process
 * and replays them onto a simulated disk that loses all data that was not synced before the power failed.
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

// In CI the test must run: without strace it fails there instead of being skipped.
const skip = !canRecord() && process.env["CI"] === undefined;
const recorded = test.skipIf(skip);
if (skip) test.skip("power loss: needs strace, which is not installed or not allowed here");

/** Records a run of the child process. `root` exists before. The child creates the data directory in it. */
async function written(...options: "unsynced"[]): Promise<{ root: string; calls: SystemCall[] }> {
  if (!canRecord()) throw new Error("This test needs strace: apt-get install strace");
  const [root, log] = [temporaryDirectory(), join(temporaryDirectory(), "log")];
  return { root, calls: await record(log, [await bundled(CHILD), join(root, "data"), ...options]) };
}

/** Returns the lost and corrupt data if the power fails at a line of the record. */
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
  const lines = disk.printed.map(({ at, text }) => ({ before: at < line, text: text.trim() }));
  const deletions = new Set(lines.flatMap(({ text }) => /^deleted (.*)/.exec(text)?.[1] ?? []));
  const acknowledged = new Map<string, string>();
  const later = new Map<string, Set<string>>();
  for (const { before, text } of lines) {
    const [, id = "", content = ""] = /^document (\S+) (.*)/.exec(text) ?? [];
    if (before && id) acknowledged.set(id, content);
    if (!before && id) later.set(id, (later.get(id) ?? new Set()).add(content));
    const [, what, uuid = ""] = /^(file|deleted) (\S+)/.exec(text) ?? [];
    // A file that is deleted later may already be missing. If the database contains it, `inspect` checks its bytes.
    if (before && what === "file" && !deletions.has(uuid) && !uuids.has(uuid)) lost.push(`file ${uuid}`);
    if (before && what === "deleted" && uuids.has(uuid)) lost.push(`the deletion of ${uuid}`);
  }
  for (const [id, content] of acknowledged) {
    const stored = texts.get(id);
    if (stored !== content && !(stored !== undefined && later.get(id)?.has(stored)))
      lost.push(`document ${id}`);
  }
  return lost;
}

/** Returns the lines right after each acknowledgement, at which the power may fail. */
const acknowledgements = (disk: RecordedDisk) => disk.printed.map(({ at }) => at + 1);
const nothing: Luck = () => false;

recorded(
  "a power loss loses no acknowledged write, even if only synced data survives",
  { timeout: 600_000 },
  async () => {
    const { root, calls } = await written();
    const disk = new RecordedDisk(root, calls);
    expect(disk.printed.length).toBeGreaterThan(80);
    for (const line of acknowledgements(disk))
      expect([line, await lossesAt(disk, line, nothing)]).toEqual([line, []]);

    // Unsynced data may also reach the disk in part, in any order, down to halves of pages.
    const random = randomOf(SEED);
    const last = calls.at(-1)?.end ?? 0;
    for (let i = 0; i < POINTS; i++) {
      const line = below(random, last);
      expect([line, await lossesAt(disk, line, () => random() < 0.5)]).toEqual([line, []]);
    }
    // The log was checkpointed and truncated meanwhile.
    const truncations = calls.filter(({ name }) => name === "ftruncate").length;
    console.log(
      `${disk.printed.length} acknowledgements, ${calls.length} system calls, ${truncations} truncations, 0 lost`,
    );

    // Each of these syncs is necessary: without it, the same record shows losses.
    const without: [string, (path: string) => boolean][] = [
      ["of the log", (path) => path.endsWith("-wal")],
      ["of the data directory's name", (path) => path === root],
      ["of the data directory", (path) => path === join(root, "data")],
      ["of stored bytes", (path) => path.includes("/files/tmp/")],
      ["of the names of stored files", (path) => /\/files(\/[0-9a-f]{2}){0,2}$/.test(path)],
    ];
    for (const [sync, ignored] of without) {
      const unsynced = new RecordedDisk(root, calls, ignored);
      let losing = false;
      for (const line of acknowledgements(unsynced).toReversed()) {
        losing = (await lossesAt(unsynced, line, nothing)).length > 0;
        if (losing) break;
      }
      expect([sync, losing]).toEqual([sync, true]);
    }
  },
);

recorded(
  "without syncs of the log, acknowledged writes are lost, so the test above can fail",
  { timeout: 600_000 },
  async () => {
    const { root, calls } = await written("unsynced");
    const disk = new RecordedDisk(root, calls);
    const lost = new Set<string>();
    for (const line of acknowledgements(disk))
      for (const loss of await lossesAt(disk, line, nothing)) lost.add(loss);
    expect([...lost].filter((loss) => /^document/.test(loss)).length).toBeGreaterThan(0);
    console.log(`without syncs of the log: ${lost.size} acknowledged writes lost at some point`);
  },
);

recorded.each([
  ["the disk is full", "pwrite64:error=ENOSPC:when=150..170"],
  ["writing fails", "pwrite64:error=EIO:when=150..200+3"],
])("while %s, every acknowledged write is kept, and later writes work again", async (_what, fault) => {
  const { printed, found } = await writtenDespite(fault);
  const failed = refusals(printed, found);
  expect(failed.length).toBeGreaterThan(0);
  // The faults end before the process does.
  expect(printed.at(-1)).not.toMatch(/^failed/);
  console.log(`${fault}: ${failed.length} refused, ${printed.length - failed.length} acknowledged and kept`);
});

recorded("while syncs of checkpoints fail, writes work", async () => {
  // Commits use `fdatasync`, SQLite uses `fsync`. Uploads use `fsync` too, in other threads, for which `strace` counts anew.
  const { printed, calls } = await writtenDespite("fsync:error=EIO:when=20+");
  expect(calls.some(({ name, result }) => name === "fsync" && result < 0)).toBe(true);
  expect(printed.filter((line) => line.startsWith("failed") && line !== "failed file")).toEqual([]);
});

// `strace` counts the calls of each thread, and commits use all threads of Node's pool.
recorded.each([
  ["one", "fdatasync:error=EIO:when=5"],
  ["each", "fdatasync:error=EIO:when=10+"],
])(
  "if %s sync of a commit fails, every acknowledged write is kept, and later writes are refused",
  async (_which, fault) => {
    const { printed, found } = await writtenDespite(fault);
    const failed = refusals(printed, found);
    expect(failed.length).toBeGreaterThan(0);
    const first = printed.findIndex((line) => line.startsWith("failed"));
    expect(printed.slice(first).filter((line) => line.startsWith("document"))).toEqual([]);
    console.log(
      `${fault}: ${failed.length} refused, ${printed.length - failed.length} acknowledged and kept`,
    );
  },
);

/** Returns the refused writes, after a check that none of them is stored. */
function refusals(printed: readonly string[], found: Inspection): string[] {
  const failed = printed.filter((line) => line.startsWith("failed"));
  const texts = new Set(
    found.documents("items").map(({ _id, text }) => `failed ${String(_id)} ${String(text)}`),
  );
  expect(failed.filter((line) => texts.has(line))).toEqual([]);
  return failed;
}

/** Runs the child process with a fault of the disk, and checks that everything it acknowledged is stored. */
async function writtenDespite(
  fault: string,
): Promise<{ printed: string[]; calls: SystemCall[]; found: Inspection }> {
  const [directory, log] = [join(temporaryDirectory(), "data"), join(temporaryDirectory(), "log")];
  const calls = await record(log, [await bundled(CHILD), directory], [fault]);
  const disk = new RecordedDisk(join(directory, ".."), calls);
  await openStore({ directory }).close();
  const found = inspect(directory);
  expect(losses(disk, Infinity, found)).toEqual([]);
  return { printed: disk.printed.map(({ text }) => text.trim()), calls, found };
}

recorded("a full replay of the record equals the real files", async () => {
  const { root, calls } = await written();
  const disk = new RecordedDisk(root, calls);
  const target = temporaryDirectory();
  disk.writeTo(target, Infinity, () => true);
  for (const name of ["lock", "lock-journal", "data.sqlite-shm"]) {
    for (const directory of [root, target]) rmSync(join(directory, "data", name), { force: true });
  }
  expect(everything(target)).toEqual(everything(root));
});

/** Returns the contents of all files below a directory, by relative path. */
function everything(directory: string): [string, string][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path): [string, string] => [path.slice(directory.length), readFileSync(path, "base64")])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
