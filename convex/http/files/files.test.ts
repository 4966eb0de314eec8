import { createHash } from "node:crypto";
import { describe, expect, expectTypeOf, test } from "vitest";
import { KEY_PREFIX } from "../../identity/apiKey.lib";
import { as, advanceClock, onlyOn, send, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { toFile } from "../../views/file.lib";
import type { Shape } from "../kit/contract.kit";
import type { StoredFile } from "./files.contract";

useEngine();

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 31) % 256);
const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

const upload = (call: Call, body: BodyInit, query = "", type = "image/png") =>
  send(`/api/upload${query}`, {
    method: "POST",
    body,
    headers: { "X-API-Key": call.key, "Content-Type": type },
  });

describe("uploads", () => {
  test("the response describes the file, and anyone can open its Location", async () => {
    const call = await as("ada");
    const data = bytes(1000);
    const reply = await upload(call, data);
    const file = await json(reply);
    expect(file).toEqual({
      id: file["storageId"],
      storageId: expect.any(String) as string,
      contentType: "image/png",
      size: 1000,
      sha256: sha256(data),
      visibility: "public",
    });
    expect(reply.headers.get("location")).toBe(`/files/${String(file["storageId"])}`);
    const opened = await send(reply.headers.get("location") ?? "", { redirect: "manual" });
    expect(opened.status).toBe(302);
    expect(opened.headers.get("location")).toMatch(/^https?:\/\//);
  });

  test("the type is stored as it was sent", async () => {
    const file = await json(upload(await as("ada"), "x", "", 'text/plain; charset="UTF-8"'));
    expect(file["contentType"]).toBe('text/plain; charset="UTF-8"');
  });

  test.each([
    "text/plain ; charset=utf-8",
    'text/plain; charset=""',
    "a/b;;c=d",
    'text/plain; title="a \\"quoted\\" word"',
    "text/plain;\tcharset=utf-8",
    'text/plain; title="a\tb"',
    "text/plain; charset=utf-8 ;",
  ])("the type %j, which file storage refuses, is stored as it was sent", async (type) => {
    const call = await as("ada");
    const file = await json(upload(call, "x", "", type));
    expect(file["contentType"]).toBe(type);
    const id = String(file["storageId"]);
    expect(await json(call("GET", `/api/files/${id}`))).toMatchObject({ contentType: type });
  });

  test.each([
    "",
    ";",
    "image",
    "image/",
    "image/png; x",
    'image/png; x="',
    "image/p ng",
    "image/é",
    "*/*",
    "image/*; q=1",
  ])("%j is refused as a file type", async (type) => {
    const refused = await problem(upload(await as("ada"), "x", "", type), 400, "invalid_request");
    expect(refused.errors).toEqual([
      { in: "header", path: "Content-Type", message: "must be a media type, such as image/png" },
    ]);
  });

  test("an empty file is refused", async () => {
    const refused = await problem(upload(await as("ada"), ""), 400, "invalid_request");
    expect(refused.detail).toBe("body: must not be empty");
  });

  test("19,000,000 bytes are accepted, and 22,000,000 bytes are refused", async () => {
    const call = await as("big");
    expect(await json(upload(call, new Uint8Array(19_000_000)))).toMatchObject({ size: 19_000_000 });
    await problem(upload(call, new Uint8Array(22_000_000)), 413, "payload_too_large");
    expect(await page(call("GET", "/api/files"))).toHaveLength(1);
  });

  test("visibility is public or private", async () => {
    const refused = await problem(upload(await as("ada"), "x", "?visibility=secret"), 400, "invalid_request");
    expect(refused.detail).toBe("visibility: must be one of public, private");
  });

  onlyOn(
    "embedded",
    "the storage of the mock cannot be reached by HTTP",
    "the stored bytes equal the uploaded bytes",
    async () => {
      const call = await as("ada");
      for (const length of [1, 65_535, 65_536, 65_537]) {
        const reply = await upload(call, bytes(length));
        const opened = await fetch(
          (await send(reply.headers.get("location") ?? "")).headers.get("location") ?? "",
        );
        expect(opened.headers.get("content-type")).toBe("image/png");
        expect(new Uint8Array(await opened.arrayBuffer())).toEqual(bytes(length));
      }
    },
  );
});

describe("private files", () => {
  test("can be opened only by their owner", async () => {
    const call = await as("ada");
    const path = (await upload(call, "secret", "?visibility=private")).headers.get("location") ?? "";
    const anonymous = await problem(send(path), 401, "unauthenticated");
    expect(anonymous.detail).toMatch(/^Missing credential/);
    const eve = await problem((await as("eve"))("GET", path), 404, "not_found");
    expect(eve.detail).toBe("File not found");
    await problem((await as("ada", ["jobs:read"]))("GET", path), 403, "insufficient_scope");
    expect((await call("GET", path)).status).toBe(302);
  });

  test("an unknown file returns 404 with and without a credential", async () => {
    expect((await problem(send("/files/nothing"), 404, "not_found")).detail).toBe("File not found");
    await problem((await as("ada"))("GET", "/files/nothing"), 404, "not_found");
    await problem(
      send("/files/nothing", { headers: { "X-API-Key": `${KEY_PREFIX}x` } }),
      403,
      "invalid_credential",
    );
  });
});

describe("the caller's own file", () => {
  const file = async (call: Call): Promise<Json> => json(upload(call, "text", "", "text/plain"));

  test("is listed, read and deleted with its bytes", async () => {
    const call = await as("lister");
    const { storageId } = await file(call);
    const [listed] = await page(call("GET", "/api/files"));
    expect(listed).toMatchObject({ id: storageId, size: 4, visibility: "public" });
    expect(listed).not.toHaveProperty("url");
    const read = await call("GET", `/api/files/${String(storageId)}`);
    expect(read.headers.get("etag")).toBe('"1"');
    expect(await json(read)).toEqual({ ...listed, url: expect.stringMatching(/^https?:/) as string });
    const stale = { "If-Match": '"2"' };
    await problem(
      call("DELETE", `/api/files/${String(storageId)}`, undefined, stale),
      412,
      "precondition_failed",
    );
    expect((await call("DELETE", `/api/files/${String(storageId)}`)).status).toBe(204);
    await problem(send(`/files/${String(storageId)}`), 404, "not_found");
    expect(await page(call("GET", "/api/files"))).toEqual([]);
  });

  test("cannot be read or deleted by another user", async () => {
    const { storageId } = await file(await as("ada"));
    const eve = await as("eve");
    await problem(eve("GET", `/api/files/${String(storageId)}`), 404, "not_found");
    await problem(eve("DELETE", `/api/files/${String(storageId)}`), 404, "not_found");
  });

  test("is deleted together with its owner", async () => {
    const call = await as("leaver");
    const { storageId } = await file(call);
    expect((await call("DELETE", `/api/users/${call.userId}`)).status).toBe(204);
    await settle();
    await problem(send(`/files/${String(storageId)}`), 404, "not_found");
  });
});

describe("direct uploads", () => {
  test("the response with an upload URL is no-store and has its expiry", async () => {
    const reply = await (await as("ada"))("POST", "/api/upload-url");
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const { uploadUrl, expiresAt } = await json(reply, 201);
    expect(uploadUrl).toMatch(/^https?:\/\//);
    expect(Date.parse(String(expiresAt))).toBeGreaterThan(Date.now());
  });

  const reason = "the mock does not accept uploads at its URLs";
  const direct = async (call: Call, body: BodyInit): Promise<Response> => {
    const { uploadUrl } = await json(call("POST", "/api/upload-url"), 201);
    return fetch(String(uploadUrl), { method: "POST", body, headers: { "Content-Type": "text/plain" } });
  };

  onlyOn("embedded", reason, "uploaded bytes can be registered once", async () => {
    const [ada, eve] = [await as("direct"), await as("eve")];
    const { storageId } = await json(direct(ada, "hello"));
    const body = { storageId, name: "hello.txt", visibility: "private" };
    const reply = await ada("POST", "/api/files", body);
    expect(await json(reply, 201)).toMatchObject({ id: storageId, name: "hello.txt", size: 5 });
    expect(reply.headers.get("location")).toBe(`/files/${String(storageId)}`);
    await problem(ada("POST", "/api/files", body), 409, "conflict");
    await problem(eve("POST", "/api/files", body), 404, "not_found");
  });

  onlyOn(
    "embedded",
    reason,
    "a registration with the same Idempotency-Key returns the first response",
    async () => {
      const call = await as("direct");
      const { storageId } = await json(direct(call, "once"));
      const register = (more = {}) =>
        call("POST", "/api/files", { storageId, ...more }, { "Idempotency-Key": "registered" });
      const [first, again] = [await register(), await register()];
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(await json(again, 201)).toEqual(await json(first, 201));
      await problem(register({ name: "another" }), 422, "idempotency_key_reused");
    },
  );

  onlyOn("embedded", reason, "an upload URL expires after an hour", async () => {
    const { uploadUrl } = await json((await as("ada"))("POST", "/api/upload-url"), 201);
    advanceClock(61 * 60 * 1000);
    const late = await fetch(String(uploadUrl), { method: "POST", body: "x" });
    expect(late.ok).toBe(false);
  });

  test("an unknown storage id cannot be registered", async () => {
    const refused = await problem(
      (await as("ada"))("POST", "/api/files", { storageId: "x" }),
      404,
      "not_found",
    );
    expect(refused.detail).toBe("File not found");
  });
});

test("events have the shape that the contract declares", () => {
  expectTypeOf(toFile).returns.toExtend<Shape<typeof StoredFile>>();
});
