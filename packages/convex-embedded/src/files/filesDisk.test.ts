import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import type { DiskHooks } from "./filesDisk";
import { FileDisk } from "./filesDisk";

const accept = () => undefined;

async function* pieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

test("bytes come back unchanged, with size and digest", async () => {
  const disk = new FileDisk(temporaryDirectory());
  for (const size of [0, 1, 999, 1000, 1001, 65_535, 65_536, 65_537]) {
    const bytes = randomBytes(size);
    const written = await disk.write(pieces(bytes), accept);
    expect(written).toMatchObject({ size, sha256: createHash("sha256").update(bytes).digest() });
    expect(readFileSync(disk.pathOf(written.uuid)).equals(bytes)).toBe(true);
  }
});

test("bytes are synced before the rename, and the name before the write resolves", async () => {
  const directory = temporaryDirectory();
  const steps: string[] = [];
  const name = (path: string) => path.slice(directory.length).replaceAll(/[0-9a-f]{8}-[0-9a-f-]+/g, "UUID");
  const disk = new FileDisk(directory, {
    beforeSync: (path) => steps.push(`sync ${name(path)}`),
    beforeRename: (path) => steps.push(`rename ${name(path)}`),
  });
  const { uuid } = await disk.write(pieces(randomBytes(10)), accept);
  const [first, second] = [`/${uuid.slice(0, 2)}`, `/${uuid.slice(2, 4)}`];
  expect(steps).toEqual([
    "sync /tmp/UUID",
    "sync ",
    `sync ${first}`,
    "rename /tmp/UUID",
    `sync ${first}${second}`,
  ]);
});

test.each<[string, (fail: () => never) => DiskHooks]>([
  ["syncing the bytes", (fail) => ({ beforeSync: (path) => path.includes("tmp") && fail() })],
  ["renaming", (fail) => ({ beforeRename: fail })],
  ["syncing the names", (fail) => ({ beforeSync: (path) => /\/..\/..$/.test(path) && fail() })],
])("a failure of %s rejects and leaves no file; the next file is stored", async (_step, hooks) => {
  const directory = temporaryDirectory();
  let failing = true;
  const fail = (): never => {
    if (failing) throw new Error("EIO");
    return undefined as never;
  };
  const disk = new FileDisk(directory, hooks(fail));
  await expect(disk.write(pieces(randomBytes(5000)), accept)).rejects.toThrow("EIO");
  expect(await filesIn(directory)).toEqual([]);
  failing = false;
  const { uuid } = await disk.write(pieces(randomBytes(5000)), accept);
  expect(await filesIn(directory)).toEqual([uuid]);
});

test("a failing source and refused bytes leave no file", async () => {
  const directory = temporaryDirectory();
  const disk = new FileDisk(directory);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(randomBytes(100));
    throw new Error("gone away");
  }
  await expect(disk.write(broken(), accept)).rejects.toThrow("gone away");
  const refuse = () => {
    throw new Error("refused");
  };
  await expect(disk.write(pieces(randomBytes(10)), refuse)).rejects.toThrow("refused");
  expect(await filesIn(directory)).toEqual([]);
});

test("a file is deleted when its last hold is released", async () => {
  const disk = new FileDisk(temporaryDirectory());
  const { uuid } = await disk.write(pieces(randomBytes(10)), accept);
  disk.hold(uuid);
  await disk.remove(uuid);
  await disk.release(uuid);
  expect(existsSync(disk.pathOf(uuid))).toBe(true);
  await disk.release(uuid);
  expect(existsSync(disk.pathOf(uuid))).toBe(false);
  await disk.remove(uuid);
});

test("opening the directory deletes incomplete files of a crash; unrelated files are not listed", async () => {
  const directory = temporaryDirectory();
  const { uuid } = await new FileDisk(directory).write(pieces(randomBytes(10)), accept);
  writeFileSync(join(directory, "tmp", "half"), "x");
  writeFileSync(join(directory, "notes.txt"), "mine");
  mkdirSync(join(directory, "zz"));
  const elsewhere = uuid.replace(/^..../, (digits) => (digits === "0000" ? "1111" : "0000"));
  writeFileSync(join(directory, uuid.slice(0, 2), uuid.slice(2, 4), elsewhere), "not where it belongs");

  const disk = new FileDisk(directory);
  expect(existsSync(join(directory, "tmp", "half"))).toBe(false);
  const listed = [];
  for await (const found of disk.uuids()) listed.push(found);
  expect(listed).toEqual([uuid]);
});

test("stored files do not keep their requests in memory", async () => {
  const callers = new AsyncLocalStorage<object>();
  const disk = new FileDisk(temporaryDirectory());
  const store = async (): Promise<WeakRef<object>> => {
    const caller = {};
    await callers.run(caller, () => disk.write(pieces(randomBytes(10)), accept));
    return new WeakRef(caller);
  };
  const stored: WeakRef<object>[] = [];
  for (let i = 0; i < 20; i++) stored.push(await store());
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // The last objects may still be on the stack of an awaiting caller.
  await vi.waitFor(() => {
    collect();
    expect(stored.filter((caller) => caller.deref() !== undefined).length).toBeLessThan(5);
  });
});
