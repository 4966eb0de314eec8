import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";

type WriteBundle = (entry: string, outfile: string, options?: object) => Promise<void>;
// JavaScript without types, because it runs before TypeScript can.
const { writeBundle } = (await import(resolve(import.meta.dirname, "../../bin/bundled.mjs"))) as {
  writeBundle: WriteBundle;
};

/** Creates a program of two files that are old enough to be recognized. Returns its folder, and functions that bundle and describe it. */
function program() {
  const folder = temporaryDirectory();
  const entry = join(folder, "main.ts");
  const outfile = join(folder, "out/main.mjs");
  writeFileSync(join(folder, "part.ts"), 'export const part: string = "first";');
  writeFileSync(entry, 'import { part } from "./part";\nconsole.log(part);');
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  return {
    part: join(folder, "part.ts"),
    outfile,
    bundle: (options = {}) => writeBundle(entry, outfile, options),
    /** The number of the file. Each build writes a new one. */
    written: () => statSync(outfile).ino,
  };
}

test("an unchanged program is bundled once", async () => {
  const { bundle, written } = program();
  await bundle();
  const first = written();
  await bundle();
  expect(written()).toBe(first);
});

test("a changed source, other options and a changed bundle are bundled again", async () => {
  const { part, outfile, bundle, written } = program();
  await bundle();
  writeFileSync(part, 'export const part: string = "third";');
  await bundle();
  expect(readFileSync(outfile, "utf8")).toContain("third");
  const changed = written();
  await bundle({ minify: true });
  expect(written()).not.toBe(changed);
  writeFileSync(outfile, "broken");
  await bundle({ minify: true });
  expect(readFileSync(outfile, "utf8")).toContain("third");
});

test("a source that was saved during the build is bundled again", async () => {
  const { bundle, written } = program();
  vi.useRealTimers();
  await bundle();
  const first = written();
  await bundle();
  expect(written()).not.toBe(first);
});
