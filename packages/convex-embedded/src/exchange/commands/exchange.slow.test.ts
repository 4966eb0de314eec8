import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convexToJson } from "convex/values";
import type { Value } from "convex/values";
import { expect, test } from "vitest";
import { command } from "../../../fixtures/command";
import { rowsOf } from "../../../fixtures/rows";
import { serve, temporaryDirectory } from "../../../fixtures/serve";
import { uploaded } from "../../../fixtures/stored";
import { readZip } from "../../../fixtures/zip";
import { lockForBackup } from "../../store/lock";
import type { EmbeddedServer } from "../../server/server";

const MOVING = join(import.meta.dirname, "../../../fixtures/moving");

const EVERY_TYPE: readonly Value[] = [
  null,
  true,
  false,
  "",
  'a "b" \\ \n \0 – 😀',
  0,
  -0,
  1,
  -1.5,
  1e21,
  5e-324,
  2 ** 53,
  NaN,
  Infinity,
  -Infinity,
  0n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  new ArrayBuffer(0),
  Uint8Array.from({ length: 256 }, (_, i) => i).buffer,
  [],
  [[1, [2n]], null],
  {},
  { a: { "b c": [{}] }, "10": 1, "9": 2n },
];

async function serveMoving(data = join(temporaryDirectory(), "data")): Promise<EmbeddedServer> {
  return (await serve({ project: MOVING, data })).server;
}

const shown = (value: Value): unknown => convexToJson(value);

test("the data of a running server is exported, imported elsewhere, and served there unchanged", async () => {
  const server = await serveMoving();
  const bytes = randomBytes(300_000);
  const file = await uploaded(server, bytes, { "content-type": "image/png" });
  const untyped = await uploaded(server, "plain");
  let before: string | undefined;
  for (const value of EVERY_TYPE) {
    before = (await server.run("things:add", { value, ...(before !== undefined && { before }) })) as string;
  }
  await server.run("things:add", { value: "with a file", file: file.id });
  await server.run("things:later", {});
  for (const component of ["notebook", "second"])
    await server.run("things:note", { component, text: component });
  const there = await server.run("things:all", {});

  const [first, second] = ["first.zip", "second.zip"].map((name) => join(temporaryDirectory(), name)) as [
    string,
    string,
  ];
  const exported = await command("export", first, "--data", server.dataDirectory);
  expect(exported.code).toBe(0);
  const documents = EVERY_TYPE.length + 4;
  expect(exported.output).toContain(
    `exported ${first}: ${statSync(first).size} bytes, ${documents} documents in 4 tables, 2 stored files\n`,
  );
  expect(exported.output).toContain(`things: ${EVERY_TYPE.length + 2} documents\n`);
  expect(exported.output).toContain("left out: 1 scheduled function still to run");
  expect(readdirSync(join(first, ".."))).toEqual(["first.zip"]);
  // The export holds hashes of keys and users' uploads.
  expect(statSync(first).mode & 0o077).toBe(0);

  const data = join(temporaryDirectory(), "new");
  const imported = await command("import", first, "--data", data, "--project", MOVING);
  expect(imported.code).toBe(0);
  expect(imported.output).toContain(
    `imported ${first} to ${data}: ${documents} documents in 4 tables, 2 stored files\n`,
  );
  // The documents and a second export are identical byte for byte.
  expect(rowsOf(data)).toEqual(rowsOf(server.dataDirectory));
  expect((await command("export", second, "--data", data)).code).toBe(0);
  expect(readFileSync(second).equals(readFileSync(first))).toBe(true);

  await server.close();
  const again = await serveMoving(data);
  expect(shown(await again.run("things:all", {}))).toEqual(shown(there));
  for (const [{ id, url }, content, type] of [
    [file, bytes, "image/png"],
    [untyped, Buffer.from("plain"), null],
  ] as const) {
    const moved = (await again.run("files:url", { id })) as string;
    expect(new URL(moved).pathname).toBe(new URL(url).pathname);
    const response = await fetch(moved);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(response.headers.get("content-type")?.startsWith("image/png") ?? false).toBe(type !== null);
  }
  // New documents come after the imported ones, and indexes hold both.
  const last = (await again.run("things:add", {
    value: "new",
    ...(before !== undefined && { before }),
  })) as string;
  expect(await again.run("things:after", { before: before ?? "" })).toMatchObject({ _id: last });
  const { things } = (await again.run("things:all", {})) as { things: { _id: string }[] };
  expect(things.at(-1)?._id).toBe(last);
});

test("the entries are a Convex snapshot's, with Convex's numbers for the tables of files and jobs", async () => {
  const server = await serveMoving();
  const { id } = await uploaded(server, "abc", { "content-type": "text/plain; charset=utf-8" });
  await server.run("things:later", {});
  const file = join(temporaryDirectory(), "snapshot.zip");
  await command("export", file, "--data", server.dataDirectory);
  const entries = new Map([...(await readZip(file))].map(([name, bytes]) => [name, bytes.toString()]));
  expect([...entries.keys()]).toEqual([
    "README.md",
    "_tables/documents.jsonl",
    "_components/notebook/_tables/documents.jsonl",
    "_components/second/_tables/documents.jsonl",
    "empty/documents.jsonl",
    "empty/generated_schema.jsonl",
    "things/documents.jsonl",
    "things/generated_schema.jsonl",
    "_components/notebook/notes/documents.jsonl",
    "_components/notebook/notes/generated_schema.jsonl",
    "_components/second/notes/documents.jsonl",
    "_components/second/notes/generated_schema.jsonl",
    "_storage/documents.jsonl",
    `_storage/${id}.txt`,
    "_components/notebook/_storage/documents.jsonl",
    "_components/second/_storage/documents.jsonl",
  ]);
  expect(entries.get("_tables/documents.jsonl")).toMatch(
    /^\{"name":"empty","id":10001\}\n\{"name":"things","id":\d+\}\n$/,
  );
  expect(entries.get("things/generated_schema.jsonl")).toBe('"uniform"\n');
  expect(entries.get("empty/documents.jsonl")).toBe("");
  expect(JSON.parse(entries.get("_storage/documents.jsonl") ?? "")).toEqual({
    _id: id,
    _creationTime: expect.any(Number) as number,
    size: 3,
    contentType: "text/plain; charset=utf-8",
    sha256: "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
    internalId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  });
  // File ids of real deployments begin with this prefix.
  expect(id).toMatch(/^kg2/);
  expect(entries.get("things/documents.jsonl")).toMatch(/"job":"kc2/);
});

test("an export that fails reports the reason and leaves no file behind", async () => {
  const server = await serveMoving();
  const { dataDirectory: data } = server;
  const { id, url } = await uploaded(server, "precious");
  const directory = temporaryDirectory();
  const file = join(directory, "snapshot.zip");
  const attempt = async (problem: string, from = data): Promise<void> => {
    const { code, output } = await command("export", file, "--data", from);
    expect([code, output]).toEqual([1, expect.stringContaining(problem)]);
    expect(existsSync(file)).toBe(false);
  };
  await attempt("There is no data in", temporaryDirectory());
  const other = lockForBackup(data);
  await attempt("Another backup or export of");
  other.release();
  const uuid = url.split("/").at(-1) ?? "";
  const path = join(data, "files", uuid.slice(0, 2), uuid.slice(2, 4), uuid);
  writeFileSync(path, "precioux");
  await attempt(`The bytes of the stored file ${id} are corrupt: ${path}`);
  rmSync(path);
  await attempt(`The bytes of the stored file ${id} are missing: ${path}`);
  expect(readdirSync(directory)).toEqual([]);
  writeFileSync(file, "mine");
  expect(await command("export", file, "--data", data)).toMatchObject({ code: 1 });
  expect(readFileSync(file, "utf8")).toBe("mine");
});

test("an import beside a running server is refused, and documents are deleted only after confirmation", async () => {
  const server = await serveMoving();
  const { dataDirectory: data } = server;
  await server.run("things:add", { value: "old" });
  const file = join(temporaryDirectory(), "snapshot.zip");
  await command("export", file, "--data", data);
  const attempt = (...args: string[]) =>
    command("import", file, "--data", data, "--project", MOVING, ...args);
  expect(await attempt()).toMatchObject({
    code: 1,
    output: expect.stringMatching(/is in use by another process.*Nothing was changed\.\n$/s) as string,
  });
  await server.run("things:add", { value: "newer" });
  await server.close();

  expect(await attempt()).toMatchObject({
    code: 1,
    output: expect.stringContaining("there are documents already in things (2).") as string,
  });
  expect(await attempt("--replace")).toMatchObject({
    code: 1,
    output: expect.stringMatching(/things: 2 documents will be deleted\n.*Pass --yes/s) as string,
  });
  expect(Object.values(rowsOf(data)["things"] ?? {})).toHaveLength(2);
  expect(await attempt("--replace", "--yes")).toMatchObject({ code: 0 });
  expect(Object.values(rowsOf(data)["things"] ?? {})).toEqual([expect.stringContaining('"old"')]);
});

test("invalid command lines are refused with the usage", async () => {
  for (const args of [
    ["export"],
    ["export", "a", "b"],
    ["export", "a", "--replace"],
    ["import"],
    ["import", "a", "--replace", "--append"],
    ["import", "a", "--what"],
  ]) {
    const { code, output } = await command(...args);
    expect([args, code]).toEqual([args, 2]);
    expect(output).toContain("usage: convex-embedded");
  }
});
