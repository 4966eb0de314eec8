import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bring, everything, FILE, item, items, ITEMS } from "../../../fixtures/importing";
import { temporaryDirectory } from "../../../fixtures/serve";
import {
  documentOf,
  fileEntries,
  idOf,
  lines,
  snapshotFile,
  tableEntries,
} from "../../../fixtures/snapshots";

describe("any error in a snapshot refuses the whole import", () => {
  const good = { ...items(item(1), item(2)), ...fileEntries(FILE, "bytes") };
  const cases: [string, Record<string, string>, string][] = [
    [
      "another table's id",
      items(item(1), documentOf(10_008, 2, { name: "x" })),
      "line 2 of items/documents.jsonl: its _id, ",
    ],
    [
      "the same id twice",
      items(item(1), item(2), item(1)),
      "line 3 of items/documents.jsonl: another document has the same id",
    ],
    ["no id", items({ _creationTime: 1.5, name: "x" }), "its _id, missing, is not an id"],
    ["a broken id", items({ ...item(1), _id: "jd7c" }), "its _id, jd7c, is not an id"],
    ["an invalid time", items({ ...item(1), _creationTime: 17 }), "its _creationTime is not a time"],
    [
      "a time that is minus zero",
      {
        ...items(),
        "items/documents.jsonl": `{"_id":"${idOf(ITEMS, 1)}","_creationTime":-0.0,"name":"x"}\n`,
      },
      "its _creationTime is not a time",
    ],
    [
      "invalid JSON",
      { ...good, ...tableEntries("items", "{\n") },
      "line 1 of items/documents.jsonl cannot be read",
    ],
    [
      "an empty line",
      { ...good, ...tableEntries("items", `${lines(item(1))}\n`) },
      "line 2 of items/documents.jsonl",
    ],
    [
      "a line that is not an object",
      { ...good, ...tableEntries("items", "[]\n") },
      "line 1 of items/documents.jsonl is not an object",
    ],
    [
      "a reserved field",
      items(item(1, { name: "x", _y: 1.5 })),
      "line 1 of items/documents.jsonl: Field '_y' starts with",
    ],
    [
      "a missing file",
      { ...items(), "_storage/documents.jsonl": fileEntries(FILE, "x")["_storage/documents.jsonl"] ?? "" },
      `the bytes of the stored file ${FILE} are missing from it`,
    ],
    [
      "other bytes",
      {
        ...items(),
        ...fileEntries(FILE, "bytes", { sha256: createHash("sha256").update("x").digest("base64") }),
      },
      "is not the file that its document describes",
    ],
    [
      "another length",
      { ...items(), ...fileEntries(FILE, "bytes", { size: 6 }) },
      "is not the file that its document describes",
    ],
    [
      "an invalid file id",
      { ...items(), "_storage/photo.png": "x" },
      "named photo, which is not the id of a stored file",
    ],
    [
      "a file with another table's id",
      { ...items(), ...fileEntries(FILE, "a"), [`_storage/${idOf(541, 1)}`]: "b" },
      "which is not the id of a stored file",
    ],
    [
      "an internalId that leads out of the directory",
      { ...items(), ...fileEntries(FILE, "a", { internalId: "../../x" }) },
      "its internalId is not a UUID",
    ],
    ...[
      ['"_creationTime":1e999', "_creationTime is not a time"],
      ['"_creationTime":-1', "_creationTime is not a time"],
      ['"_creationTime":"soon"', "_creationTime is not a time"],
      ['"sha256":"x"', "sha256 is not a digest"],
      ['"sha256":7', "sha256 is not a digest"],
      ['"size":"5"', "size is not a number of bytes"],
      ['"size":-1', "size is not a number of bytes"],
      ['"contentType":"text/html\\r\\nx: y"', "contentType is not a content type"],
      ['"contentType":7', "contentType is not a content type"],
      ['"internalId":7', "internalId is not a UUID"],
    ].map(([field = "", problem]): [string, Record<string, string>, string] => [
      `of a file ${field}`,
      {
        ...items(),
        [`_storage/${FILE}`]: "bytes",
        "_storage/documents.jsonl": `{"_id":"${FILE}",${field}}\n`,
      },
      `line 1 of _storage/documents.jsonl: its ${problem}`,
    ]),
    [
      "the same number for two tables",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: 10_001 }, { name: "b", id: 10_001 }) },
      "gives the number 10001 to a and to b",
    ],
    [
      "an invalid table number",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: -1 }) },
      "is not the name and number of a table",
    ],
    [
      "a table number after which no other number fits",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: 0xffff_ffff }) },
      "is not the name and number of a table",
    ],
    [
      "a table that is listed twice",
      { "_tables/documents.jsonl": lines({ name: "a", id: 10_001 }, { name: "a", id: 10_002 }) },
      "has a twice",
    ],
    [
      "an invalid shape",
      { ...items(item(1)), "items/generated_schema.jsonl": '"array<"\n' },
      "line 1 of items/generated_schema.jsonl cannot be read: the shape cannot be parsed",
    ],
  ];

  test.each(cases)("%s", async (_name, entries, problem) => {
    const file = await snapshotFile(entries);
    // A new directory is not created, and an existing one does not change.
    const directory = join(temporaryDirectory(), "new");
    await expect(bring(file, { directory })).rejects.toThrow(problem);
    expect(existsSync(directory)).toBe(false);
    const { directory: there } = await bring(await snapshotFile(good));
    const before = everything(there);
    await expect(bring(file, { directory: there, mode: "replaceAll" })).rejects.toThrow(
      /cannot be imported: .*Nothing was changed\.$/s,
    );
    expect(everything(there)).toEqual(before);
  });

  test("a file that is not a ZIP archive, or is truncated or corrupt", async () => {
    const file = await snapshotFile({ ...good, ...items(item(1, { name: "x".repeat(10_000) })) });
    const bytes = readFileSync(file);
    const directory = join(temporaryDirectory(), "new");
    const damaged = Buffer.from(bytes);
    // Within the compressed bytes of an entry.
    const at = damaged.indexOf("items/documents.jsonl") + 60;
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from("foreign"),
      bytes.subarray(0, -30),
      bytes.subarray(100),
      damaged,
    ]) {
      writeFileSync(file, bad);
      await expect(bring(file, { directory })).rejects.toThrow(`${file} cannot be imported: `);
      expect(existsSync(directory)).toBe(false);
    }
    rmSync(file);
    await expect(bring(file, { directory })).rejects.toThrow("ENOENT");
    const foreign = await snapshotFile({ "index.html": "<p>" });
    await expect(bring(foreign, { directory })).rejects.toThrow("it holds no documents in the format");
  });

  test("an entry whose checksum differs although it can be unpacked", async () => {
    const file = await snapshotFile({ ...items(), [`_storage/${FILE}`]: "" });
    const bytes = readFileSync(file);
    // The last record of the central directory describes the empty file. Its checksum is at offset 16.
    bytes.writeUInt32LE(7, bytes.lastIndexOf(Buffer.from("PK\u0001\u0002")) + 16);
    writeFileSync(file, bytes);
    await expect(bring(file)).rejects.toThrow(`_storage/${FILE} in it is corrupt: its checksum differs`);
  });

  test("documents that do not match the schema are counted, and the first ten are listed", async () => {
    const wrong = Array.from({ length: 12 }, (_, n) => item(n + 10, { name: n + 0.5 }));
    const file = await snapshotFile(items(item(1), ...wrong, item(2)));
    const problem = await bring(file).catch((error: unknown) => (error as Error).message);
    expect(problem).toContain("12 documents do not match the schema of this project. The first 10:\n");
    expect(problem).toContain(
      `- items, line 2 of items/documents.jsonl, document ${idOf(ITEMS, 10)}: Value does not match validator.\n` +
        "  Path: .name\n  Value: 0.5\n  Validator: v.string()\n",
    );
    expect(problem).not.toContain(idOf(ITEMS, 20));
    expect(problem).toMatch(/\nNothing was changed\.$/);
  });
});
