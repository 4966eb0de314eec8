import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { ManualTime } from "../../../fixtures/manualTime";
import { temporaryDirectory } from "../../../fixtures/serve";
import type { ImportPlan } from "../plan";
import type { ImportRequest, ImportsOptions } from "./imports";
import { Imports } from "./imports";

const HOUR_MS = 3_600_000;
const MAX_OPEN = 8;
const request: ImportRequest = { mode: "requireEmpty", format: "zip", component: "", table: "" };
// The message names only the component and the name of a table.
const LOST = [{ table: { component: "", name: "rows" }, count: 3 }] as unknown as ImportPlan["lost"];

/** Imports whose uploads are in a folder of the test. `folders` returns those that exist. */
function imports(importArchive: ImportsOptions["importArchive"] = () => Promise.reject(new Error("unused"))) {
  const folder = temporaryDirectory();
  vi.stubEnv("TMPDIR", folder);
  expect(tmpdir()).toBe(folder);
  const time = new ManualTime();
  const all = new Imports({
    importArchive,
    tableOf: () => ({ number: 10_001, nextCreationTime: () => 0 }),
    timers: time.timers,
  });
  onTestFinished(() => all.close());
  return { all, time, folders: () => (existsSync(folder) ? readdirSync(folder).length : 0) };
}

test("abandoned imports end after an hour, free their uploads, and no longer block others", async () => {
  const { all, time, folders } = imports();
  const ids = Array.from({ length: MAX_OPEN }, () => all.start());
  await all.addPart(ids[0] ?? "", 0, Readable.from(["bytes"]));
  expect(() => all.start()).toThrow("Too many imports are open");
  expect(folders()).toBe(MAX_OPEN);
  time.pass(HOUR_MS - 1);
  expect(() => all.start()).toThrow("Too many imports are open");
  time.pass(1);
  expect(folders()).toBe(0);
  expect(await all.state(ids[0] ?? "")).toMatchObject({
    state: "failed",
    message: expect.stringContaining("expired") as string,
  });
  expect(await all.addPart(ids[1] ?? "", 0, Readable.from(["bytes"]))).toBe(false);
  expect(all.finish(ids[1] ?? "", request)).toBe(false);
  expect(typeof all.start()).toBe("string");
});

test("an import expires an hour after its last part, and not while a part arrives", async () => {
  const { all, time, folders } = imports();
  const id = all.start();
  time.pass(HOUR_MS - 1);
  const slow = new Readable({ read: () => undefined });
  const adding = all.addPart(id, 0, slow);
  slow.push("first");
  time.pass(10 * HOUR_MS);
  expect(folders()).toBe(1);
  slow.push(null);
  expect(await adding).toBe(true);
  time.pass(HOUR_MS - 1);
  expect(folders()).toBe(1);
  time.pass(1);
  expect(folders()).toBe(0);
});

test("an import that runs does not expire, and one that waits for confirmation does", async () => {
  let end: (() => void) | null = null;
  const { all, time, folders } = imports(async (_file, { confirm }) => {
    await new Promise<void>((resolve) => (end = resolve));
    if (!(await confirm(LOST))) throw new Error("refused");
    return { documents: 5, files: 0, tables: 1 };
  });
  const begun = async (): Promise<() => void> => {
    await expect.poll(() => end).not.toBe(null);
    const ended = end ?? (() => undefined);
    end = null;
    return ended;
  };
  const waitsForConfirmation = async (runningMs: number): Promise<string> => {
    const id = all.start();
    await all.addPart(id, 0, Readable.from(["bytes"]));
    expect(all.finish(id, request)).toBe(true);
    const ends = await begun();
    time.pass(runningMs);
    ends();
    expect(await all.state(id)).toMatchObject({ state: "waiting_for_confirmation" });
    return id;
  };
  const abandoned = await waitsForConfirmation(10 * HOUR_MS);
  const confirmed = await waitsForConfirmation(0);
  time.pass(HOUR_MS / 2);
  expect(all.confirm(confirmed)).toBe(true);
  const ends = await begun();
  time.pass(HOUR_MS / 2);
  expect(folders()).toBe(1);
  expect(all.confirm(abandoned)).toBe(false);
  ends();
  expect(await all.state(confirmed)).toEqual({ state: "completed", documents: 5 });
  expect([folders(), time.pending]).toEqual([0, 0]);
});

test("closing ends all imports and their timers", () => {
  const { all, time, folders } = imports();
  all.start();
  all.close();
  expect([folders(), time.pending]).toEqual([0, 0]);
});
