import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { webGlobals } from "../web/webClasses";
import { acceptsGzip, compressResponse, MIN_COMPRESSED_BYTES } from "./contentCoding";

const LARGE = "a".repeat(MIN_COMPRESSED_BYTES);
const JSON_TYPE = { "content-type": "application/json" };
const respond = (body: BodyInit | null, headers: Record<string, string> = JSON_TYPE, status = 200) =>
  new webGlobals.Response(body, { status, headers });

test.each([
  ["gzip", true],
  ["deflate, gzip;q=0.5", true],
  ["GZIP", true],
  ["*", true],
  ["br", false],
  ["gzip;q=0", false],
  ["gzip; q=0.000, *", false],
  ["*;q=0", false],
  ["", false],
  [undefined, false],
])("Accept-Encoding %s", (header, accepts) => {
  expect(acceptsGzip(header)).toBe(accepts);
});

test.each([
  "application/json",
  "application/problem+json",
  "text/html; charset=utf-8",
  "image/svg+xml",
  "Text/CSV",
])("a large response of the type %s is compressed", async (type) => {
  const reply = await compressResponse(respond(LARGE, { "content-type": type, etag: 'W/"1"' }), "gzip");
  const body = Buffer.from(await reply.arrayBuffer());
  expect(Object.fromEntries(reply.headers)).toEqual({
    "content-type": type,
    "content-encoding": "gzip",
    "content-length": String(body.length),
    etag: 'W/"1"',
    vary: "Accept-Encoding",
  });
  expect(gunzipSync(body).toString()).toBe(LARGE);
});

test("for a client that does not accept gzip only Vary is added, to the fields that it has", async () => {
  const reply = await compressResponse(respond(LARGE, { ...JSON_TYPE, vary: "Origin" }), "br");
  expect(Object.fromEntries(reply.headers)).toEqual({ ...JSON_TYPE, vary: "Origin, Accept-Encoding" });
  expect(await reply.text()).toBe(LARGE);
});

test("Vary is not repeated", async () => {
  const reply = await compressResponse(respond(LARGE, { ...JSON_TYPE, vary: "Accept-encoding" }), "gzip");
  expect(reply.headers.get("vary")).toBe("Accept-encoding");
});

test.each([
  ["a small body", respond(LARGE.slice(1))],
  ["no body", respond(null, JSON_TYPE)],
  ["a stream", respond(new Blob([LARGE]).stream())],
  ["a strong ETag", respond(LARGE, { ...JSON_TYPE, etag: '"1"' })],
  ["a content coding of its own", respond(LARGE, { ...JSON_TYPE, "content-encoding": "br" })],
  ["ranges", respond(LARGE, { ...JSON_TYPE, "accept-ranges": "bytes" })],
  ["Cache-Control no-store", respond(LARGE, { ...JSON_TYPE, "cache-control": "private, no-store" })],
  ["Cache-Control no-transform", respond(LARGE, { ...JSON_TYPE, "cache-control": "No-Transform" })],
  ["an image", respond(LARGE, { "content-type": "image/png" })],
  ["events", respond(LARGE, { "content-type": "text/event-stream" })],
  ["an unknown type", respond(LARGE, {})],
  ["another status", respond(LARGE, JSON_TYPE, 206)],
])("a response with %s is sent unchanged", async (_, response) => {
  expect(await compressResponse(response, "gzip")).toBe(response);
  expect(response.headers.has("vary")).toBe(false);
});
