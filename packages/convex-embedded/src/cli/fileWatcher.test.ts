import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { watchFile, watchFunctions } from "./fileWatcher";

/** A watched project, and a promise for the next change. */
function watched() {
  const project = temporaryDirectory();
  const convex = join(project, "convex");
  mkdirSync(join(convex, "_generated"), { recursive: true });
  writeFileSync(join(convex, "items.ts"), "0");
  let notice: () => void = () => undefined;
  let noticed = 0;
  const watcher = watchFunctions(project, () => {
    noticed++;
    notice();
    return Promise.resolve();
  });
  onTestFinished(() => watcher.close());
  const next = () => new Promise<void>((resolve) => (notice = resolve));
  return { convex, next, noticed: () => noticed };
}

test("every replacement of a file and every write in place is noticed", async () => {
  const { convex, next } = watched();
  for (let i = 0; i < 4; i++) {
    const change = next();
    writeFileSync(join(convex, ".items.ts.new"), String(i));
    renameSync(join(convex, ".items.ts.new"), join(convex, "items.ts"));
    await change;
  }
  const change = next();
  writeFileSync(join(convex, "items.ts"), "last");
  await change;
});

test("changes in created and deleted folders are noticed", async () => {
  const { convex, next } = watched();
  for (const round of ["first", "second"]) {
    let change = next();
    mkdirSync(join(convex, "sub"));
    await change;
    change = next();
    writeFileSync(join(convex, "sub", "deep.ts"), round);
    await change;
    change = next();
    rmSync(join(convex, "sub"), { recursive: true });
    await change;
  }
});

test("changes in the generated folder are ignored", async () => {
  const { convex, next, noticed } = watched();
  writeFileSync(join(convex, "_generated", "api.d.ts"), "types");
  const change = next();
  writeFileSync(join(convex, "items.ts"), "1");
  await change;
  expect(noticed()).toBe(1);
});

test("a watched file is noticed when it is created, replaced or deleted; its neighbors are ignored", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, ".env.local");
  let notice: () => void = () => undefined;
  let noticed = 0;
  const watcher = watchFile(file, () => {
    noticed++;
    notice();
    return Promise.resolve();
  });
  onTestFinished(() => watcher.close());
  const save = () => {
    writeFileSync(`${file}.new`, String(noticed));
    renameSync(`${file}.new`, file);
  };
  for (const change of [save, save, () => rmSync(file)]) {
    const next = new Promise<void>((resolve) => (notice = resolve));
    change();
    await next;
  }
  expect(noticed).toBe(3);
});
