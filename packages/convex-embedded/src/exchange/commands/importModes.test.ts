import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bring, FILE, item, items, ITEMS, named, object } from "../../../fixtures/importing";
import { inspect } from "../../../fixtures/inspect";
import { rowsOf } from "../../../fixtures/rows";
import { temporaryDirectory } from "../../../fixtures/serve";
import {
  documentOf,
  fileEntries,
  idOf,
  lines,
  schemaOf,
  snapshotFile,
  tableEntries,
} from "../../../fixtures/snapshots";
import { searchQuery } from "../../search/query";
import { schema, testStore } from "../../store/storeForTests";

describe("existing documents", () => {
  const names = (directory: string, table = "items"): unknown[] =>
    Object.values(rowsOf(directory)[table] ?? {}).map((json) => (JSON.parse(json) as { name: unknown }).name);

  test("refuse an import without an option that says what to do with them", async () => {
    const { directory } = await bring(await snapshotFile(items(item(1))));
    const more = await snapshotFile(items(item(2)));
    await expect(bring(more, { directory })).rejects.toThrow(
      "there are documents already in items (1). Choose an empty directory with --data, or pass --replace",
    );
    await bring(more, { directory, mode: "append" });
    expect(names(directory)).toEqual(["item 1", "item 2"]);
    // Each id exists once, so the same document cannot be imported twice.
    await expect(bring(more, { directory, mode: "append" })).rejects.toThrow(
      `another document has the same id, ${idOf(ITEMS, 2)}`,
    );
    await bring(await snapshotFile(items(item(3))), { directory, mode: "replace" });
    expect(names(directory)).toEqual(["item 3"]);
    expect(inspect(directory).problems).toEqual([]);
  });

  test("are not deleted without confirmation", async () => {
    const { directory } = await bring(await snapshotFile(items(item(1))));
    const confirm = (): Promise<boolean> => Promise.resolve(false);
    const other = await snapshotFile(items(item(2)));
    await expect(bring(other, { directory, mode: "replace", confirm })).rejects.toThrow(
      "it was not confirmed",
    );
    expect(names(directory)).toEqual(["item 1"]);
  });

  test("of tables that the snapshot does not contain are kept by `replace` and deleted by `replaceAll`", async () => {
    const schemas = [schemaOf({ items: named, notes: named })];
    const both = {
      ...items(item(1)),
      ...tableEntries("notes", lines(documentOf(10_020, 1, { name: "note" }))),
    };
    const { directory } = await bring(await snapshotFile(both), { schemas });
    const only = await snapshotFile(items(item(2)));
    await bring(only, { directory, schemas, mode: "replace" });
    expect([names(directory), names(directory, "notes")]).toEqual([["item 2"], ["note"]]);
    await bring(only, { directory, schemas, mode: "replaceAll" });
    expect([names(directory), names(directory, "notes")]).toEqual([["item 2"], []]);
  });

  test("that hold ids of a table whose number changes refuse the import, because the ids would become invalid", async () => {
    const refers = object({
      item: {
        type: "array",
        value: { type: "union", value: [{ type: "null" }, { type: "id", tableName: "items" }] },
      },
    });
    const schemas = [schemaOf({ items: named, notes: refers })];
    const note = documentOf(10_020, 1, { item: [idOf(ITEMS, 1)] });
    const { directory } = await bring(
      await snapshotFile({ ...items(item(1)), ...tableEntries("notes", lines(note)) }),
      { schemas },
    );
    const other = await snapshotFile(tableEntries("items", lines(documentOf(10_030, 1, { name: "x" }))));
    await expect(bring(other, { directory, schemas, mode: "replace" })).rejects.toThrow(
      "items would get other ids, but by the schema the documents of notes, which are not in the snapshot, hold its ids",
    );
    // With the same number the ids stay valid.
    await bring(await snapshotFile(items(item(1))), { directory, schemas, mode: "replace" });
    await bring(other, { directory, schemas, mode: "replaceAll" });
  });

  test("cannot be combined with documents of a table that has another number", async () => {
    const { directory } = await bring(await snapshotFile(items(item(1))));
    const other = await snapshotFile(tableEntries("items", lines(documentOf(10_030, 1, { name: "x" }))));
    await expect(bring(other, { directory, mode: "append" })).rejects.toThrow(
      "the ids of items in it have the table number 10030, but here the table has the number 10007",
    );
  });

  test("of another program stay unchanged", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "notes.txt"), "mine");
    const file = await snapshotFile(items(item(1)));
    await expect(bring(file, { directory, mode: "replaceAll" })).rejects.toThrow(
      "is not a data directory of",
    );
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(["notes.txt"]));
    expect(existsSync(join(directory, "data.sqlite"))).toBe(false);
  });
});

describe("table numbers", () => {
  test("come from the snapshot, also for existing tables", async () => {
    const { directory } = await bring(
      await snapshotFile({ "_tables/documents.jsonl": lines({ name: "items", id: 10_001 }) }),
    );
    await bring(await snapshotFile(items(item(1))), { directory });
    expect(Object.keys(rowsOf(directory)["items"] ?? {})).toEqual([idOf(ITEMS, 1)]);
  });

  test("may be swapped among the tables of a snapshot, but not taken from a table that stays", async () => {
    const schemas = [schemaOf({ items: named, notes: named })];
    const numbers = (a: number, b: number): Record<string, string> => ({
      "_tables/documents.jsonl": lines({ name: "items", id: a }, { name: "notes", id: b }),
      ...tableEntries("items", lines(documentOf(a, 1, { name: "item" }))),
      ...tableEntries("notes", lines(documentOf(b, 1, { name: "note" }))),
    });
    const { directory } = await bring(await snapshotFile(numbers(10_001, 10_002)), { schemas });
    await bring(await snapshotFile(numbers(10_002, 10_001)), { directory, schemas, mode: "replace" });
    expect(Object.keys(rowsOf(directory)["notes"] ?? {})).toEqual([idOf(10_001, 1)]);
    const one = await snapshotFile(tableEntries("items", lines(documentOf(10_001, 1, { name: "item" }))));
    await expect(bring(one, { directory, schemas, mode: "replace" })).rejects.toThrow(
      "the ids of items in it have the table number 10001, which here is the number of notes",
    );
  });

  test("are separate for each component, as on real deployments", async () => {
    const schemas = [schemaOf({ items: named }), schemaOf({ limits: named }, "limiter")];
    const nested = "_components/limiter/_components/batch/";
    const file = await snapshotFile({
      "_tables/documents.jsonl": lines({ name: "items", id: 10_001 }),
      "_components/limiter/_tables/documents.jsonl": lines({ name: "limits", id: 10_001 }),
      ...tableEntries("items", lines(documentOf(10_001, 1, { name: "of the app" }))),
      ...tableEntries("_components/limiter/limits", lines(documentOf(10_001, 1, { name: "of the limiter" }))),
      ...tableEntries(`${nested}jobs`, lines(documentOf(10_001, 1, { any: 1.5 }))),
    });
    const { directory, progressLines } = await bring(file, { schemas });
    expect(Object.entries(rowsOf(directory)).filter(([, rows]) => Object.keys(rows).length > 0)).toEqual([
      ["items", { [idOf(10_001, 1)]: expect.stringContaining("of the app") as string }],
      ["limiter:limits", { [idOf(10_001, 1)]: expect.stringContaining("of the limiter") as string }],
      ["limiter/batch:jobs", { [idOf(10_001, 1)]: expect.stringContaining("1.5") as string }],
    ]);
    expect(progressLines).toContain(
      "the component limiter/batch is not mounted; its documents are kept unchanged",
    );
    expect(inspect(directory).problems).toEqual([]);
  });
});

describe("stored files", () => {
  test("keep ids and URLs, and replacing them frees their bytes", async () => {
    const file = await snapshotFile({ ...items(), ...fileEntries(FILE, "bytes") });
    const { directory } = await bring(file);
    const path = join(directory, "files/00/00/00000000-0000-4000-8000-000000000001");
    expect(readFileSync(path, "utf8")).toBe("bytes");
    // Importing the same file again keeps its bytes.
    await bring(file, { directory, mode: "replace" });
    expect(readFileSync(path, "utf8")).toBe("bytes");
    const second = idOf(540, 2);
    const internalId = "00000000-0000-4000-8000-000000000002";
    await bring(await snapshotFile({ ...items(), ...fileEntries(second, "other", { internalId }) }), {
      directory,
      mode: "append",
    });
    expect([...inspect(directory).files.keys()]).toEqual([FILE, second]);
    const third = fileEntries(idOf(540, 3), "third", { internalId, sha256: undefined, size: undefined });
    await expect(
      bring(await snapshotFile({ ...items(), ...third }), { directory, mode: "append" }),
    ).rejects.toThrow(`has the internalId of the stored file ${second}`);
    // A file with the UUID of a replaced file but other bytes.
    await expect(
      bring(await snapshotFile({ ...items(), ...third }), { directory, mode: "replace" }),
    ).rejects.toThrow("is not the file that its document describes");
    expect(readFileSync(path, "utf8")).toBe("bytes");
    await bring(await snapshotFile({ ...items(), ...fileEntries(second, "other", { internalId }) }), {
      directory,
      mode: "replace",
    });
    const { files, problems, orphans } = inspect(directory);
    expect([[...files.keys()], problems, orphans]).toEqual([[second], [], []]);
    expect(existsSync(path)).toBe(false);
  });

  test("with bytes written before the import is refused are deleted", async () => {
    const { directory } = await bring(await snapshotFile({ ...items(), ...fileEntries(FILE, "bytes") }));
    const internalId = "00000000-0000-4000-8000-000000000002";
    const second = fileEntries(idOf(540, 2), "other", { internalId });
    const file = await snapshotFile({ ...items(), ...second, [`_storage/${idOf(541, 1)}`]: "bad" });
    await expect(bring(file, { directory, mode: "append" })).rejects.toThrow("not the id of a stored file");
    const { files, orphans } = inspect(directory);
    expect([[...files.keys()], orphans]).toEqual([[FILE], []]);
  });

  test("without metadata are imported with what their bytes determine", async () => {
    const { directory } = await bring(await snapshotFile({ ...items(), [`_storage/${FILE}`]: "bytes" }));
    expect([...inspect(directory).files.values()]).toMatchObject([{ _id: FILE, size: 5, contentType: null }]);
  });
});

test("snapshots from before March 2026 are imported, with strings decoded by the generated schema", async () => {
  const file = await snapshotFile({
    "items/documents.jsonl": lines(item(1, { name: "5", big: "5" }), item(2, { name: "x", big: "NaN" })),
    "items/generated_schema.jsonl":
      `${JSON.stringify('{"_creationTime": normalfloat64, "_id": id<10007>, "big": float64 | int64, "name": string}')}\n` +
      lines(
        { [idOf(ITEMS, 1)]: { big: "int64" } },
        { [idOf(ITEMS, 2)]: { big: { $float64NaN: "AAAAAAAA+H8=" } } },
      ),
  });
  const { directory } = await bring(file, { schemas: [schemaOf({})] });
  const found = Object.values(rowsOf(directory)["items"] ?? {}).map((json) => JSON.parse(json) as unknown);
  expect(found).toMatchObject([
    { name: "5", big: { $integer: "BQAAAAAAAAA=" } },
    { name: "x", big: { $float: "AAAAAAAA+H8=" } },
  ]);
});

test("an existing empty directory accepts an import, and an interrupted restore is completed first", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "restore.new"));
  await bring(await snapshotFile(items(item(1))), { directory });
  expect(Object.keys(rowsOf(directory)["items"] ?? {})).toHaveLength(1);
});

test.each(["requireEmpty", "append", "replace"] as const)(
  "documents imported with %s are in the search indexes after the next start, in the order of their creation",
  async (mode) => {
    const search = [{ indexDescriptor: "search", searchField: "name", filterFields: [] }];
    const schemas = [{ component: "", schema: schema({ items: { type: named, search } }) }];
    const newestFirst = await snapshotFile(items(item(3, { name: "bolt 3" }), item(1, { name: "bolt 1" })));
    const { directory } = await bring(newestFirst, { schemas });
    if (mode !== "requireEmpty") {
      const start = testStore({ directory });
      await start.applySchemas(schemas, () => undefined);
      await start.close();
      await bring(await snapshotFile(items(item(2, { name: "bolt 2" }))), { directory, schemas, mode });
    }
    const store = testStore({ directory });
    const [before] = store.catalog.table("", "items")?.searchIndexes ?? [];
    expect(before?.position).not.toBeNull();
    await store.applySchemas(schemas, () => undefined);
    const table = store.catalog.table("", "items");
    const [index] = table?.searchIndexes ?? [];
    if (table === null || index === undefined) throw new Error("no index");
    const snapshot = store.snapshot();
    const results = snapshot.search(table, index, searchQuery(index, "bolt", []));
    const found = results.matches.map((_, i) => (JSON.parse(results.json(i) ?? "") as { name: string }).name);
    snapshot.release();
    const names = {
      requireEmpty: ["bolt 3", "bolt 1"],
      append: ["bolt 3", "bolt 2", "bolt 1"],
      replace: ["bolt 2"],
    };
    expect(found).toEqual(names[mode]);
  },
);
