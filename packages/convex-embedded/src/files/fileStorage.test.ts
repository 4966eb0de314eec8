import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, sha256, uploaded, uuidOf } from "../../fixtures/stored";
import { CreationTimes } from "../store/creationTimes";
import { resetData } from "../cli/reset";
import type { EmbeddedServer } from "../server/server";
import { openStore } from "../store/store";
import type { Transaction } from "../store/types";
import { FileStorage } from "./fileStorage";
import { FileDisk } from "./filesDisk";
import type { StoredFile } from "./filesTable";
import { withSystemTables } from "../store/system/systemTables";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function buffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

async function stored(server: EmbeddedServer, bytes: Uint8Array, type?: string): Promise<string> {
  const file = { bytes: buffer(bytes), ...(type !== undefined && { type }) };
  return (await server.run("files:store", file)) as string;
}

const url = (server: EmbeddedServer, id: string) => server.run("files:url", { id });

/** Returns the bytes at a URL, `null` for 404. */
async function fetched(address: unknown): Promise<Buffer | null> {
  const response = await fetch(String(address));
  const bytes = Buffer.from(await response.arrayBuffer());
  return response.status === 404 ? null : bytes;
}

test("a file that an action stores comes back byte for byte in actions, mutations and by URL", async () => {
  const server = await serveFiles();
  for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
    const bytes = randomBytes(size);
    const id = await stored(server, bytes, "image/png");
    const read = (await server.run("files:read", { id })) as { bytes: ArrayBuffer };
    expect(read).toMatchObject({ isBlob: true, type: "image/png" });
    expect(Buffer.from(read.bytes).equals(bytes)).toBe(true);
    expect((await fetched(await url(server, id)))?.equals(bytes)).toBe(true);
    await server.run("files:storeInMutation", { bytes: buffer(bytes) });
  }
});

test("documents and metadata are the same as on Convex", async () => {
  const server = await serveFiles({ clock: () => 1_700_000_000_000 });
  const bytes = randomBytes(100);
  const id = await stored(server, bytes, "text/plain");
  const document = {
    _id: id,
    size: 100,
    sha256: sha256(bytes).toString("base64"),
    contentType: "text/plain",
  };
  expect(await server.run("files:document", { id })).toEqual({
    ...document,
    _creationTime: expect.any(Number) as number,
  });
  expect(await server.run("files:metadata", { id })).toEqual({
    storageId: expect.stringMatching(UUID) as string,
    sha256: sha256(bytes).toString("hex"),
    size: 100,
    contentType: "text/plain",
  });
  const plain = await stored(server, bytes);
  expect(await server.run("files:documents", {})).toMatchObject([
    { _id: plain, contentType: null },
    { _id: id, contentType: "text/plain" },
  ]);
});

test("a file that does not match its digest is refused and leaves no bytes", async () => {
  const server = await serveFiles();
  const bytes = buffer(randomBytes(10));
  const right = sha256(new Uint8Array(bytes)).toString("base64");
  for (const name of ["files:store", "files:storeInMutation"]) {
    await expect(server.run(name, { bytes, sha256: Buffer.alloc(32).toString("base64") })).rejects.toThrow(
      `Sha256 mismatch. Expected: ${Buffer.alloc(32).toString("base64")} Actual: ${right}`,
    );
    await expect(server.run(name, { bytes, sha256: "abc" })).rejects.toThrow("32 bytes in base64");
    await expect(server.run(name, { bytes, type: "nonsense" })).rejects.toThrow("not a content type");
  }
  await server.idle();
  expect(onDisk(server)).toEqual([]);
  await server.run("files:store", { bytes, sha256: right });
  expect(onDisk(server)).toHaveLength(1);
  await expect(server.run("files:storeNoBlob", {})).rejects.toThrow("store() expects a Blob");
});

test("ids of other tables and invalid ids are refused with Convex's messages; a UUID works as an id", async () => {
  const server = await serveFiles();
  const id = await stored(server, randomBytes(3));
  const note = (await server.run("files:note", { text: "x" })) as string;
  for (const [name, method] of [
    ["files:url", "getUrl"],
    ["files:metadata", "getMetadata"],
    ["files:remove", "delete"],
    ["files:read", "getMetadata"],
  ] as const) {
    await expect(server.run(name, { id: note })).rejects.toThrow(
      "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
    );
    for (const wrong of ["", "nonsense", "../secret", id.slice(1)]) {
      await expect(server.run(name, { id: wrong })).rejects.toThrow(
        `Invalid argument \`storageId\` for \`storage.${method}\`: Invalid storage ID: "${wrong}". Storage ID should`,
      );
    }
  }
  const address = await url(server, id);
  expect(await url(server, uuidOf(address).toUpperCase())).toBe(address);
  expect(await url(server, "00000000-0000-4000-8000-000000000000")).toBeNull();
});

test("deleting a file ends its URL and frees its bytes; deleting it again fails", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(1000);
  const [id, other] = [await stored(server, bytes), await stored(server, bytes)];
  const address = await url(server, id);
  await server.run("files:remove", { id });
  expect(await fetched(address)).toBeNull();
  expect(await url(server, id)).toBeNull();
  expect(await server.run("files:document", { id })).toBeNull();
  expect(await server.run("files:metadata", { id })).toBeNull();
  expect(await server.run("files:read", { id })).toBeNull();
  await expect(server.run("files:remove", { id })).rejects.toThrow(`storage id ${id} not found`);
  await server.idle();
  expect(onDisk(server)).toEqual([uuidOf(await url(server, other))]);
});

test("a rolled back deletion keeps the file, in a top-level or nested mutation", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(1000);
  const id = await stored(server, bytes);
  await expect(server.run("files:removeThenFail", { id })).rejects.toThrow("rolled back");
  expect(await server.run("files:removeNestedThenCatch", { id })).toBe(await url(server, id));
  await server.idle();
  expect((await fetched(await url(server, id)))?.equals(bytes)).toBe(true);
});

test("a file that a mutation stored is deleted when its transaction rolls back", async () => {
  const server = await serveFiles();
  const bytes = buffer(randomBytes(1000));
  await expect(server.run("files:storeInMutation", { bytes, fail: true })).rejects.toThrow("rolled back");
  await server.run("files:storeNestedThenCatch", { bytes });
  await server.idle();
  expect(onDisk(server)).toEqual([]);
  const id = (await server.run("files:storeInMutation", { bytes })) as string;
  await server.idle();
  expect(onDisk(server)).toEqual([uuidOf(await url(server, id))]);
});

test("functions cannot delete files as documents", async () => {
  const server = await serveFiles();
  const id = await stored(server, randomBytes(1));
  await expect(server.run("files:removeAsDocument", { id })).rejects.toThrow();
  expect(await server.run("files:document", { id })).not.toBeNull();
});

test("an action uses separate transactions, and can still read a file that it got before the deletion", async () => {
  const server = await serveFiles();
  const id = await stored(server, randomBytes(7));
  const address = await url(server, id);
  expect(await server.run("files:everythingInAction", { id })).toEqual({
    metadata: expect.objectContaining({ size: 7 }) as unknown,
    url: address,
    after: null,
    uploadUrl: expect.stringContaining(`${server.apiUrl}/api/storage/upload?token=`) as string,
  });
  const bytes = randomBytes(300_000);
  const second = await stored(server, bytes);
  const read = (await server.run("files:readWhatIsDeleted", { id: second })) as {
    bytes: ArrayBuffer;
    url: null;
  };
  expect(Buffer.from(read.bytes).equals(bytes)).toBe(true);
  expect(read.url).toBeNull();
  await server.idle();
  expect(onDisk(server)).toEqual([]);
});

test("HTTP actions store the body of a request and answer with a blob", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(500_000);
  const headers = { "content-type": "application/pdf" };
  const id = await (await fetch(`${server.url}/files`, { method: "POST", body: bytes, headers })).text();
  expect(await server.run("files:document", { id })).toMatchObject({ contentType: "application/pdf" });
  const answer = await fetch(`${server.url}/files/${id}`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  await expect.poll(() => onDisk(server)).toEqual([]);
});

test("files survive a restart; bytes without a document and incomplete uploads do not", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(1000);
  const { id } = await uploaded(server, bytes);
  const uuid = uuidOf(await url(server, id));
  const pending = (await server.run("files:uploadUrl", {})) as string;
  await server.close();
  const files = join(server.dataDirectory, "files");
  const lost = new FileDisk(files).pathOf("0123abcd-0123-4123-8123-0123456789ab");
  writeFileSync(join(files, "tmp", "half"), "half");
  mkdirSync(dirname(lost), { recursive: true });
  writeFileSync(lost, "nobody's");
  writeFileSync(join(files, "notes.txt"), "mine");
  expect(onDisk(server)).toHaveLength(4);

  const again = await serveFiles({ data: server.dataDirectory, clock: () => Date.now() + 1000 });
  await again.idle();
  expect(onDisk(again).toSorted()).toEqual([uuid, "notes.txt"].toSorted());
  expect((await fetched(await url(again, id)))?.equals(bytes)).toBe(true);
  // An upload URL from before the restart is still valid at the new address.
  const resumed = new URL(new URL(pending).pathname + new URL(pending).search, again.apiUrl);
  expect((await fetch(resumed, { method: "POST", body: "late" })).status).toBe(200);
});

test("a file with missing bytes is an error, not a shorter file", async () => {
  const server = await serveFiles();
  const { url: address } = await uploaded(server, "whole");
  const uuid = uuidOf(address);
  const path = join(server.dataDirectory, "files", uuid.slice(0, 2), uuid.slice(2, 4), uuid);
  writeFileSync(path, "hal");
  expect((await fetch(address)).status).toBe(500);
  rmSync(path);
  expect((await fetch(address)).status).toBe(500);
});

test("URLs are built on CONVEX_CLOUD_URL", async () => {
  const server = await serveFiles({ env: { CONVEX_CLOUD_URL: "https://files.example/base/" } });
  const id = await stored(server, randomBytes(1));
  expect(await url(server, id)).toMatch(/^https:\/\/files\.example\/base\/api\/storage\/[0-9a-f-]{36}$/);
  expect(await server.run("files:uploadUrl", {})).toMatch(
    /^https:\/\/files\.example\/base\/api\/storage\/upload\?token=/,
  );
});

test("a reset deletes files and the secret that signs upload URLs", async () => {
  const server = await serveFiles();
  await stored(server, randomBytes(1));
  const token = (await server.run("files:uploadUrl", {})) as string;
  await server.close();
  resetData(server.dataDirectory);
  const again = await serveFiles({ data: server.dataDirectory });
  expect(onDisk(again)).toEqual([]);
  const stale = token.replace(server.apiUrl, again.apiUrl);
  expect((await fetch(stale, { method: "POST", body: "x" })).status).toBe(401);
});

test("a failed commit neither deletes nor stores files; components have their own files", async () => {
  const directory = temporaryDirectory();
  let failing = false;
  const beforeCommit = () => {
    if (failing) throw new Error("disk full");
  };
  const store = openStore({ directory, hooks: { beforeCommit } });
  await store.applySchema("", withSystemTables(null), () => undefined);
  const options = { origin: "", key: randomBytes(32), clock: Date.now, warn: () => undefined };
  const creationTimes = new CreationTimes(0);
  const bytes = new FileDisk(join(directory, "files"));
  const files = new FileStorage({ ...options, store, creationTimes, bytes });
  const blob = new Blob(["kept"]);
  const save = (component = "") => files.save(blob.stream(), { component, contentType: null });
  const id = await save();
  const file = files.committed((reader) => files.byId(reader, "", id));
  if (file === null) throw new Error("it was stored");

  const remove = (transaction: Transaction, gone: StoredFile): Promise<void> => {
    files.delete(transaction, gone);
    return Promise.resolve();
  };

  failing = true;
  await expect(save()).rejects.toThrow("The commit failed: disk full");
  const deleting = store.mutate((transaction) => remove(transaction, file));
  await expect(deleting).rejects.toThrow("The commit failed: disk full");
  await files.idle();
  expect(onDisk({ dataDirectory: directory })).toEqual([file.uuid]);

  failing = false;
  await store.mutate((transaction) => remove(transaction, file));
  await files.idle();
  expect(onDisk({ dataDirectory: directory })).toEqual([]);

  // A component has its own files, which others cannot access.
  const theirs = await save("counter");
  const found = ["counter", ""].map((of) => files.committed((reader) => files.byId(reader, of, theirs)));
  expect(found).toMatchObject([{ size: 4 }, null]);
  files.collect();
  await files.close();
  expect(onDisk({ dataDirectory: directory })).toHaveLength(1);
  await store.close();
});
