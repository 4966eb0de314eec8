import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { copyOf, serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";
import { onDisk, serveFiles, sha256, upload, uploaded } from "../../fixtures/stored";

const HOUR = 60 * 60 * 1000;

const code = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

test("uploads of any size come back byte for byte, with type, length, digest and caching headers", async () => {
  const server = await serveFiles();
  for (const size of [0, 1, 65_535, 65_536, 65_537, 20_000_000]) {
    const bytes = randomBytes(size);
    const { id, url } = await uploaded(server, bytes, { "content-type": "image/png; x=y" });
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/png; x=y",
      "content-length": String(size),
      "accept-ranges": "bytes",
      digest: `sha-256=${sha256(bytes).toString("base64")}`,
      etag: `"${sha256(bytes).toString("hex")}"`,
      "cache-control": "private, max-age=2592000",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
    });
    expect((await bytesOf(answer)).equals(bytes)).toBe(true);
    expect(await server.run("files:document", { id })).toMatchObject({ size, contentType: "image/png; x=y" });
  }
});

test("HEAD gets the same headers as GET, without the bytes", async () => {
  const server = await serveFiles();
  const { url } = await uploaded(server, "0123456789", { "content-type": "text/plain" });
  const head = await fetch(url, { method: "HEAD", headers: { range: "bytes=0-1" } });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const relevant = (response: Response) =>
    [...response.headers].filter(([name]) => !["date", "connection", "keep-alive"].includes(name));
  expect(relevant(head)).toEqual(relevant(await fetch(url)));
});

test("a range request returns the same bytes as a slice", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(70_000);
  const { url } = await uploaded(server, bytes);
  const position = fc.oneof(
    fc.nat({ max: 10 }),
    fc.integer({ min: 69_990, max: 70_010 }),
    fc.nat({ max: 80_000 }),
  );
  await fc.assert(
    fc.asyncProperty(position, fc.option(position), fc.boolean(), async (first, last, suffix) => {
      const end = last === null ? 69_999 : Math.min(last, 69_999);
      const [range, expected] = suffix
        ? [`-${first}`, bytes.subarray(Math.max(0, 70_000 - first))]
        : [`${first}-${last ?? ""}`, bytes.subarray(first, end + 1)];
      const answer = await fetch(url, { headers: { range: `bytes=${range}` } });
      const body = await bytesOf(answer);
      if (!suffix && last !== null && last < first) {
        // Not a range at all.
        expect([answer.status, body.length]).toEqual([200, 70_000]);
      } else if (expected.length === 0) {
        expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */70000"]);
        expect(answer.headers.get("etag")).toBeNull();
      } else {
        const start = suffix ? 70_000 - expected.length : first;
        expect([answer.status, answer.headers.get("content-range"), answer.headers.get("digest")]).toEqual([
          206,
          `bytes ${start}-${start + expected.length - 1}/70000`,
          null,
        ]);
        expect(body.equals(expected)).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

test("multiple and malformed ranges are ignored, and If-Range is honored", async () => {
  const server = await serveFiles();
  const { url } = await uploaded(server, "0123456789");
  const get = (headers: Record<string, string>) => fetch(url, { headers });
  for (const range of ["bytes=0-1,3-4", "bytes=x", "lines=1-2", "bytes=5-2"]) {
    const whole = await get({ range });
    expect([whole.status, whole.headers.get("content-range"), whole.headers.get("content-length")]).toEqual([
      200,
      null,
      "10",
    ]);
    await whole.body?.cancel();
  }
  const etag = (await get({})).headers.get("etag") ?? "";
  expect((await get({ range: "bytes=0-1", "if-range": etag })).status).toBe(206);
  expect((await get({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200);
  const { url: empty } = await uploaded(server, "");
  const none = await fetch(empty, { headers: { range: "bytes=0-" } });
  expect([none.status, none.headers.get("content-length")]).toEqual([200, "0"]);
});

test("a client that already has the file gets 304", async () => {
  const server = await serveFiles();
  const { url } = await uploaded(server, "0123456789");
  const etag = (await fetch(url)).headers.get("etag") ?? "";
  for (const tag of [etag, `W/${etag}`, "*", `"other", ${etag}`]) {
    const answer = await fetch(url, { headers: { "if-none-match": tag, range: "bytes=0-1" } });
    expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", etag]);
  }
  expect((await fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
});

test("other paths under /api/storage are refused", async () => {
  const server = await serveFiles();
  const { id, url } = await uploaded(server, "x");
  const at = new URL(url);
  const status = async (path: string) =>
    Number(
      /^HTTP\/1\.1 (\d+)/.exec(
        await raw(server.apiUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      )?.[1],
    );
  expect(await status(at.pathname)).toBe(200);
  expect(await status(at.pathname.toUpperCase().replace("/API/STORAGE/", "/api/storage/"))).toBe(200);
  for (const name of [
    id,
    "..",
    "%2e%2e",
    "..%2f..%2fsecret",
    "..%5c..%5csecret",
    "secret",
    "",
    "tmp",
    "%00",
    "%",
  ]) {
    expect([name, await status(`/api/storage/${name}`)]).toEqual([name, 400]);
  }
  for (const path of [
    "/",
    "/api/storage",
    "/api/storage/../../secret",
    `${at.pathname}/`,
    "//etc/passwd",
    "*",
  ]) {
    expect([path, await status(path)]).toEqual([path, 404]);
  }
  expect(
    await code(await fetch(`${server.apiUrl}/api/storage/00000000-0000-4000-8000-000000000000`)),
  ).toEqual([404, "FileNotFound"]);
  expect(await code(await fetch(url, { method: "DELETE" }))).toEqual([405, "MethodNotAllowed"]);
  expect((await fetch(url, { method: "PUT", body: "y" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
});

test("an upload token is valid for an hour and for several uploads", async () => {
  let now = 1_700_000_000_000;
  const server = await serveFiles({ clock: () => now });
  const url = (await server.run("files:uploadUrl", {})) as string;
  expect(url.startsWith(`${server.apiUrl}/api/storage/upload?token=`)).toBe(true);
  const post = (address: string) => fetch(address, { method: "POST", body: "x" });
  now += HOUR - 1000;
  const ids = [await (await post(url)).text(), await (await post(url)).text()];
  expect(new Set(ids).size).toBe(2);
  now += 1000;
  expect(await code(await post(url))).toEqual([401, "StorageTokenExpired"]);
  expect(await code(await post(`${url}x`))).toEqual([401, "StorageTokenInvalid"]);
  const other = await serveFiles({ clock: () => now });
  const foreign = (await other.run("files:uploadUrl", {})) as string;
  expect(await code(await post(foreign.replace(other.apiUrl, server.apiUrl)))).toEqual([
    401,
    "StorageTokenInvalid",
  ]);
  expect(await code(await post(`${server.apiUrl}/api/storage/upload`))).toEqual([400, "BadQueryArgs"]);
  expect(await code(await fetch(url))).toEqual([405, "MethodNotAllowed"]);
  expect(onDisk(server)).toHaveLength(2);
});

test("the digest and type of an upload are validated", async () => {
  const server = await serveFiles();
  const digest = (bytes: string) => `sha-256=${sha256(Buffer.from(bytes)).toString("base64")}`;
  expect((await upload(server, "abc", { digest: digest("abc") })).status).toBe(200);
  expect(await code(await upload(server, "abc", { digest: digest("abd") }))).toEqual([400, "Sha256Mismatch"]);
  expect(await code(await upload(server, "abc", { digest: "md5=x" }))).toEqual([400, "BadHeader"]);
  expect(await code(await upload(server, "abc", { "content-type": "nonsense" }))).toEqual([400, "BadHeader"]);
  expect(onDisk(server)).toHaveLength(1);
});

test("a page of any origin may upload and read", async () => {
  const server = await serveFiles();
  const headers = { origin: "https://app.example", "access-control-request-headers": "content-type, digest" };
  const url = (await server.run("files:uploadUrl", {})) as string;
  const preflight = await fetch(url, { method: "OPTIONS", headers });
  expect(preflight.status).toBe(204);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "content-type, digest",
  });
  const refused = await fetch(`${url}x`, { method: "POST", body: "x" });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, "*"]);
});

test("an interrupted upload leaves no file, and an upload ends at its declared length", async () => {
  const server = await serveFiles();
  const url = new URL((await server.run("files:uploadUrl", {})) as string);
  const socket = connect(Number(url.port), "127.0.0.1");
  const head = `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\n`;
  socket.write(`${head}Content-Length: 100000\r\n\r\n${"x".repeat(5000)}`);
  await expect.poll(() => onDisk(server).length).toBe(1);
  socket.destroy();
  await expect.poll(() => onDisk(server)).toEqual([]);

  const chunked = connect(Number(url.port), "127.0.0.1");
  chunked.write(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`);
  await expect.poll(() => onDisk(server).length).toBe(1);
  chunked.end("zz\r\n");
  await expect.poll(() => onDisk(server)).toEqual([]);

  // The bytes after the declared length are not a valid request, so the connection may close before the response.
  await raw(url.origin, `${head}Content-Length: 3\r\n\r\nabcdef`);
  await server.idle();
  const sizes = ((await server.run("files:documents", {})) as { size: number }[]).map(({ size }) => size);
  expect(sizes.filter((size) => size !== 3)).toEqual([]);
  expect(onDisk(server)).toHaveLength(sizes.length);
});

test("concurrent uploads create one file each", async () => {
  const server = await serveFiles();
  const contents = Array.from({ length: 40 }, (_, i) => randomBytes(i * 5000));
  const files = await Promise.all(contents.map((bytes) => uploaded(server, bytes)));
  const back = await Promise.all(files.map(async ({ url }) => bytesOf(await fetch(url))));
  expect(back.every((bytes, i) => bytes.equals(contents[i] as Buffer))).toBe(true);
  expect(onDisk(server)).toHaveLength(40);
});

test("a slow reader gets the whole file although it is deleted meanwhile; then the bytes are freed", async () => {
  const server = await serveFiles();
  const bytes = randomBytes(20_000_000);
  const { id, url } = await uploaded(server, bytes);
  const [incoming] = (await once(request(url).end(), "response")) as [IncomingMessage];
  // The unread rest is larger than the socket buffers, so the server is still sending.
  incoming.pause();
  await server.run("files:remove", { id });
  expect((await fetch(url)).status).toBe(404);
  expect(onDisk(server)).toHaveLength(1);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  await expect.poll(() => onDisk(server)).toEqual([]);
});

test("a reader that disconnects releases the file", async () => {
  const server = await serveFiles();
  const { id, url } = await uploaded(server, randomBytes(20_000_000));
  const [incoming] = (await once(request(url).end(), "response")) as [IncomingMessage];
  await server.run("files:remove", { id });
  incoming.destroy();
  await expect.poll(() => onDisk(server)).toEqual([]);
});

test("an upload that cannot be stored gets an error before its body is complete", async () => {
  const server = await serveFiles();
  const temporary = join(server.dataDirectory, "files", "tmp");
  rmSync(temporary, { recursive: true });
  expect(await code(await upload(server, randomBytes(20_000_000)))).toEqual([500, "InternalServerError"]);
  mkdirSync(temporary);
  expect((await upload(server, "x")).status).toBe(200);
  const wrong = `${server.apiUrl}/api/storage/upload?token=x`;
  const refused = await fetch(wrong, { method: "POST", body: randomBytes(20_000_000) });
  expect(await code(refused)).toEqual([401, "StorageTokenInvalid"]);
});

test("the URL of a component's file names the component", async () => {
  const project = copyOf(join(import.meta.dirname, "../../fixtures/moving"));
  writeFileSync(
    join(project, "convex/notebook/files.ts"),
    `import { actionGeneric } from "convex/server";
     export const store = actionGeneric(async ({ storage }) =>
       storage.getUrl(await storage.store(new Blob(["from a component"]))));`,
  );
  writeFileSync(
    join(project, "convex/caller.ts"),
    `import { componentsGeneric, internalActionGeneric } from "convex/server";
     export const store = internalActionGeneric((ctx) =>
       ctx.runAction(componentsGeneric().second.files.store, {}));`,
  );
  const { server } = await serve({ project });
  const url = (await server.run("caller:store", {})) as string;
  expect(new URL(url).search).toBe("?component=second");
  expect(await (await fetch(url)).text()).toBe("from a component");
});
