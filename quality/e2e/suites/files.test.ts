import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { json, page, problem } from "../../../convex/http/testing/replies.testing";
import { uniqueName, deleteAfterTest, callerFor, keyWith, root, send } from "./client";
import { describeWith } from "./describeWith";
import { given } from "./given";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const headers = { "X-API-Key": given.key ?? "", "Content-Type": "image/png" };

/** Uploads random bytes. The test deletes the file at its end. */
async function upload(query = "") {
  const bytes = randomBytes(1000);
  const reply = await send(`/api/upload${query}`, { method: "POST", headers, body: bytes });
  const file = await json(reply);
  const id = String(file["storageId"]);
  deleteAfterTest(`/api/files/${id}`);
  return { bytes, reply, file, id };
}

/** Returns the URL of a file's bytes. */
async function urlOf(id: string, caller: RequestInit = {}): Promise<string> {
  const reply = await send(`/files/${id}`, caller);
  expect(reply.status).toBe(302);
  return reply.headers.get("location") ?? "";
}

describeWith(["--key", "uploadFile"], "files", () => {
  test("an uploaded file is described, listed, served and deleted", async () => {
    const { bytes, reply, file, id } = await upload();
    const facts = { contentType: "image/png", size: 1000, sha256: sha256(bytes), visibility: "public" };
    expect(file).toEqual({ id, storageId: id, ...facts });
    expect(reply.headers.get("location")).toBe(`/files/${id}`);
    expect(await json(root("GET", `/api/files/${id}`))).toMatchObject({ id, ...facts });
    expect((await page(root("GET", "/api/files?limit=100"))).map((file) => file["id"])).toContain(id);

    const served = await fetch(await urlOf(id));
    expect([served.status, served.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);

    expect((await root("DELETE", `/api/files/${id}`)).status).toBe(204);
    expect((await problem(send(`/files/${id}`), 404, "not_found")).detail).toBe("File not found");
  });

  test("a file in a form is stored with its name, and its content is a download", async () => {
    const bytes = randomBytes(1000);
    const form = new FormData();
    form.append("file", new Blob([bytes], { type: "image/png" }), "photo é.png");
    const key = { "X-API-Key": given.key ?? "" };
    const file = await json(send("/api/upload", { method: "POST", headers: key, body: form }));
    const id = String(file["id"]);
    deleteAfterTest(`/api/files/${id}`);
    const facts = { name: "photo é.png", contentType: "image/png", size: 1000, sha256: sha256(bytes) };
    expect(file).toMatchObject({ id, storageId: id, ...facts });
    const download = await root("GET", `/api/files/${id}/content`);
    expect(download.headers.get("content-disposition")).toMatch(
      /^attachment;.*filename\*=UTF-8''photo%20%C3%A9\.png/,
    );
    expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("a range of a file can be requested", async () => {
    const { bytes, id } = await upload();
    const part = await fetch(await urlOf(id), { headers: { Range: "bytes=10-19" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 10-19/1000"]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
  });

  test("only the owner can read a private file", async () => {
    const { bytes, id } = await upload("?visibility=private");
    await problem(send(`/files/${id}`), 401, "unauthenticated");
    const other = callerFor((await keyWith(["keys:read"])).key);
    await problem(other("GET", `/files/${id}`), 403, "insufficient_scope");
    const served = await fetch(await urlOf(id, { headers }));
    expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("a file can be sent to an upload URL, and registered once", async () => {
    const { uploadUrl } = await json(root("POST", "/api/upload-url"), 201);
    const bytes = randomBytes(100_000);
    const type = { "Content-Type": "text/plain" };
    const sent = await fetch(String(uploadUrl), { method: "POST", headers: type, body: bytes });
    const { storageId } = await json(sent);
    const registration = { storageId, name: `${uniqueName()}.txt` };
    const reply = await root("POST", "/api/files", registration);
    const file = await json(reply, 201);
    deleteAfterTest(`/api/files/${String(file["id"])}`);
    expect(file).toMatchObject({ name: registration.name, size: 100_000, sha256: sha256(bytes) });
    await problem(root("POST", "/api/files", registration), 409, "conflict");
    const served = await fetch(await urlOf(String(file["id"])));
    expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("an empty upload and an unknown file are refused", async () => {
    await problem(send("/api/upload", { method: "POST", headers }), 400, "invalid_request");
    await problem(root("POST", "/api/files", { storageId: "nothing" }), 404, "not_found");
    await problem(root("GET", "/api/files/nothing"), 404, "not_found");
  });
});
