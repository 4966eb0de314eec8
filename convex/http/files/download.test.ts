/** Downloads with `GET /api/files/:id/content`. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { as, send, useEngine, type Call } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";

useEngine();

const DATA = Uint8Array.from({ length: 1000 }, (_, at) => (at * 31) % 256);
const TAG = `"${createHash("sha256").update(DATA).digest("hex")}"`;

async function uploadFile(call: Call): Promise<string> {
  const form = new FormData();
  form.set("file", new File([DATA], "naïve.html", { type: "text/html" }));
  const init = { method: "POST", body: form, headers: { "X-API-Key": call.key } };
  return `/api/files/${String((await json(send("/api/upload?visibility=private", init)))["id"])}/content`;
}

const bytesOf = async (reply: Response) => new Uint8Array(await reply.arrayBuffer());

describe("the owner's download", () => {
  test("has the bytes with their type, length, hash and name", async () => {
    const call = await as("ada");
    const reply = await call("GET", await uploadFile(call));
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-type": "text/html",
      "content-length": "1000",
      etag: TAG,
      "accept-ranges": "bytes",
      "content-disposition": "attachment; filename=\"na_ve.html\"; filename*=UTF-8''na%C3%AFve.html",
      "x-content-type-options": "nosniff",
    });
    expect(await bytesOf(reply)).toEqual(DATA);
  });

  test("can have 19,000,000 bytes", async () => {
    const call = await as("ada");
    const body = new Uint8Array(19_000_000).fill(7);
    const headers = { "X-API-Key": call.key, "Content-Type": "image/png" };
    const { id } = await json(send("/api/upload", { method: "POST", body, headers }));
    const reply = await call("GET", `/api/files/${String(id)}/content`);
    expect(Buffer.from(await reply.arrayBuffer()).equals(body)).toBe(true);
  });

  test("has the same headers and an empty body for HEAD", async () => {
    const call = await as("ada");
    const reply = await call("HEAD", await uploadFile(call), undefined, { Range: "bytes=0-9" });
    expect([reply.status, reply.headers.get("content-length"), reply.headers.get("etag")]).toEqual([
      200,
      "1000",
      TAG,
    ]);
    expect(await reply.text()).toBe("");
  });

  test.each(["*", TAG, `W/${TAG}, "x"`])(
    "returns 304 for If-None-Match: %s, with or without a range",
    async (tag) => {
      const call = await as("ada");
      const path = await uploadFile(call);
      for (const range of [{}, { Range: "bytes=0-9" }]) {
        const reply = await call("GET", path, undefined, { "If-None-Match": tag, ...range });
        expect([reply.status, reply.headers.get("etag"), await reply.text()]).toEqual([304, TAG, ""]);
      }
    },
  );
});

describe("a range", () => {
  test.each([
    ["bytes=10-19", "bytes 10-19/1000", 10, 20],
    ["bytes=990-", "bytes 990-999/1000", 990, 1000],
    ["bytes=-1", "bytes 999-999/1000", 999, 1000],
  ])("%s returns 206", async (range, sent, start, end) => {
    const call = await as("ada");
    const reply = await call("GET", await uploadFile(call), undefined, { Range: range, "If-Range": TAG });
    expect([reply.status, reply.headers.get("content-range")]).toEqual([206, sent]);
    expect(reply.headers.get("content-length")).toBe(String(end - start));
    expect(await bytesOf(reply)).toEqual(DATA.subarray(start, end));
  });

  test.each([
    [{ Range: "bytes=0-1,5-6" }],
    [{ Range: "bytes=10-19", "If-Range": '"another"' }],
    [{ Range: "bytes=10-19", "If-Range": "Sat, 31 Jan 2026 12:00:00 GMT" }],
  ])("%j returns the whole file", async (headers) => {
    const call = await as("ada");
    const reply = await call("GET", await uploadFile(call), undefined, headers);
    expect([reply.status, (await bytesOf(reply)).length]).toEqual([200, 1000]);
  });

  test("outside the file returns 416 with the file's size", async () => {
    const call = await as("ada");
    const reply = await call("GET", await uploadFile(call), undefined, { Range: "bytes=1000-" });
    expect(reply.headers.get("content-range")).toBe("bytes */1000");
    await problem(reply, 416, "range_not_satisfiable");
  });
});

test("an unknown file, a malformed id and another owner's file return 404", async () => {
  const adas = await uploadFile(await as("ada"));
  const eve = await as("eve");
  for (const path of [adas, "/api/files/nothing/content"]) await problem(eve("GET", path), 404, "not_found");
});

test("the download of a file of more than 20 MiB redirects to file storage", async () => {
  const { key, answers } = await goodKey();
  const url = "https://happy-otter-123.convex.cloud/api/storage/big";
  const file = { storageId: "big", size: 20 * 1024 * 1024 + 1, contentType: "video/mp4", revision: 1 };
  const { send: ask } = fakeContext({ ...answers, "files:open": () => ({ file, url }) });
  const reply = await ask("/api/files/big/content", { headers: { "X-API-Key": key }, redirect: "manual" });
  expect([reply.status, reply.headers.get("location")]).toEqual([302, url]);
});
