import { join } from "node:path";
import { expect, test } from "vitest";
import { bundled, Child } from "../../../fixtures/child";
import { inspect } from "../../../fixtures/inspect";
import { rowsOf } from "../../../fixtures/rows";
import { temporaryDirectory } from "../../../fixtures/serve";
import {
  documentOf,
  fileEntries,
  idOf,
  lines,
  snapshotFile,
  tableEntries,
} from "../../../fixtures/snapshots";

const PROGRAM = join(import.meta.dirname, "import.child.ts");

/** Creates a snapshot of two tables and a file. The end of the first table is the middle of the import. */
async function snapshot(first: number, second: number, file: number): Promise<string> {
  const many = (number: number, count: number): string =>
    lines(...Array.from({ length: count }, (_, n) => documentOf(number, n + 1, { text: "x".repeat(100) })));
  return snapshotFile({
    ...tableEntries("a", many(10_001, first)),
    ...tableEntries("b", many(10_002, second)),
    ...fileEntries(idOf(540, file), `file ${file}`, {
      internalId: `00000000-0000-4000-8000-00000000000${file}`,
    }),
  });
}

async function until(child: Child, line: string): Promise<void> {
  while ((await child.line()) !== line);
}

test("an interrupted import changes nothing and can be repeated", async () => {
  const program = await bundled(PROGRAM);
  const directory = join(temporaryDirectory(), "data");
  const run = (file: string): Child => new Child(process.execPath, [program, file, directory]);
  const first = run(await snapshot(2, 2, 1));
  await until(first, "imported");
  const before = rowsOf(directory);

  const large = await snapshot(3, 30_000, 2);
  const cut = run(large);
  await until(cut, "a: 3 documents");
  await cut.kill();
  expect(rowsOf(directory)).toEqual(before);
  expect(inspect(directory)).toMatchObject({ problems: [], orphans: [] });

  const again = run(large);
  await until(again, "imported");
  const tables = Object.entries(rowsOf(directory)).map(([name, rows]) => [name, Object.keys(rows).length]);
  expect(tables).toEqual([
    ["_storage", 1],
    ["a", 3],
    ["b", 30_000],
  ]);
  expect(inspect(directory)).toMatchObject({ problems: [], orphans: [] });
});
