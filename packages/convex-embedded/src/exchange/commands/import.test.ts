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

describe("what is wrong with a snapshot refuses all of it", () => {
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
      "line 3 of items/documents.jsonl: there is another document with its id",
    ],
    ["no id", items({ _creationTime: 1.5, name: "x" }), "its _id, missing, is no id"],
    ["a broken id", items({ ...item(1), _id: "jd7c" }), "its _id, jd7c, is no id"],
    ["no time", items({ ...item(1), _creationTime: 17 }), "its _creationTime is no time"],
    [
      "a time that is minus zero",
      {
        ...items(),
        "items/documents.jsonl": `{"_id":"${idOf(ITEMS, 1)}","_creationTime":-0.0,"name":"x"}\n`,
      },
      "its _creationTime is no time",
    ],
    [
      "what is no JSON",
      { ...good, ...tableEntries("items", "{\n") },
      "line 1 of items/documents.jsonl cannot be read",
    ],
    [
      "an empty line",
      { ...good, ...tableEntries("items", `${lines(item(1))}\n`) },
      "line 2 of items/documents.jsonl",
    ],
    [
      "no object",
      { ...good, ...tableEntries("items", "[]\n") },
      "line 1 of items/documents.jsonl is no object",
    ],
    [
      "a field that nobody may have",
      items(item(1, { name: "x", _y: 1.5 })),
      "line 1 of items/documents.jsonl: Field '_y' starts with",
    ],
    [
      "a missing file",
      { ...items(), "_storage/documents.jsonl": fileEntries(FILE, "x")["_storage/documents.jsonl"] ?? "" },
      `the bytes of the stored file ${FILE} are missing in it`,
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
      "a file's id that is none",
      { ...items(), "_storage/photo.png": "x" },
      "named by photo, which is no id of a stored file",
    ],
    [
      "a file with another table's id",
      { ...items(), ...fileEntries(FILE, "a"), [`_storage/${idOf(541, 1)}`]: "b" },
      "which is no id of a stored file",
    ],
    [
      "an internalId that leads elsewhere",
      { ...items(), ...fileEntries(FILE, "a", { internalId: "../../x" }) },
      "its internalId is no UUID",
    ],
    ...[
      ['"_creationTime":1e999', "_creationTime is no time"],
      ['"_creationTime":-1', "_creationTime is no time"],
      ['"_creationTime":"soon"', "_creationTime is no time"],
      ['"sha256":"x"', "sha256 is no digest"],
      ['"sha256":7', "sha256 is no digest"],
      ['"size":"5"', "size is no number of bytes"],
      ['"size":-1', "size is no number of bytes"],
      ['"contentType":"text/html\\r\\nx: y"', "contentType is no content type"],
      ['"contentType":7', "contentType is no content type"],
      ['"internalId":7', "internalId is no UUID"],
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
      "a number for two tables",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: 10_001 }, { name: "b", id: 10_001 }) },
      "gives the number 10001 to a and to b",
    ],
    [
      "a table number that is none",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: -1 }) },
      "is not the name and number of a table",
    ],
    [
      "a table number that leaves no room for others",
      { ...items(), "_tables/documents.jsonl": lines({ name: "a", id: 0xffff_ffff }) },
      "is not the name and number of a table",
    ],
    [
      "a table that is listed twice",
      { "_tables/documents.jsonl": lines({ name: "a", id: 10_001 }, { name: "a", id: 10_002 }) },
      "has a twice",
    ],
    [
      "a shape that is none",
      { ...items(item(1)), "items/generated_schema.jsonl": '"array<"\n' },
      "line 1 of items/generated_schema.jsonl cannot be read: a shape cannot be read",
    ],
  ];

  test.each(cases)("%s", async (_name, entries, problem) => {
    const file = await snapshotFile(entries);
    // A new directory is not made, and one that is there does not change.
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

  test("a file that is no ZIP archive, or not all of one, or not as it was", async () => {
    const file = await snapshotFile({ ...good, ...items(item(1, { name: "x".repeat(10_000) })) });
    const bytes = readFileSync(file);
    const directory = join(temporaryDirectory(), "new");
    const damaged = Buffer.from(bytes);
    // In the bytes of an entry that is not compressed into nothing.
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
    await expect(bring(foreign, { directory })).rejects.toThrow("it holds no documents as");
  });

  test("an entry whose checksum differs, though it can be unpacked", async () => {
    const file = await snapshotFile({ ...items(), [`_storage/${FILE}`]: "" });
    const bytes = readFileSync(file);
    // The last of the central directory's records is that of the empty file: its checksum is at 16.
    bytes.writeUInt32LE(7, bytes.lastIndexOf(Buffer.from("PK\u0001\u0002")) + 16);
    writeFileSync(file, bytes);
    await expect(bring(file)).rejects.toThrow(`_storage/${FILE} in it is damaged: its checksum differs`);
  });

  test("documents that break the schema are listed, the first of them, and counted", async () => {
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
