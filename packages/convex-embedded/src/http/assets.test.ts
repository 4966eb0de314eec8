import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";

const IDENTITY = { "Accept-Encoding": "identity" };

/** A server that serves one file itself, under a path prefix that functions serve. */
async function serveFile() {
  const file = join(temporaryDirectory(), "script.js");
  writeFileSync(file, "a script");
  const asset = { path: "/echo/script.js", file, type: "text/javascript", etag: '"1"' };
  const { server } = await serve({ assets: [asset] });
  return { file, url: server.url, ask: (path: string, init?: RequestInit) => fetch(server.url + path, init) };
}

test("a file is served at its path with caching headers", async () => {
  const { ask } = await serveFile();
  for (const path of ["/echo/script.js", "/echo/script.js?v=1"]) {
    const reply = await ask(path, { headers: IDENTITY });
    expect([reply.status, await reply.text()]).toEqual([200, "a script"]);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-type": "text/javascript",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
      "cache-control": "no-cache",
      etag: '"1"',
    });
  }
  const again = await ask("/echo/script.js", { headers: { ...IDENTITY, "If-None-Match": '"1"' } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await ask("/echo/script.js", { headers: { ...IDENTITY, "If-None-Match": '"2"' } })).status).toBe(
    200,
  );
});

test("a file is compressed for a client that accepts gzip, and the compressed file has another tag", async () => {
  const { ask } = await serveFile();
  const plain = await ask("/echo/script.js", { headers: IDENTITY });
  expect([plain.headers.get("content-encoding"), plain.headers.get("etag")]).toEqual([null, '"1"']);
  for (const method of ["GET", "HEAD"]) {
    const reply = await ask("/echo/script.js", { method, headers: { "Accept-Encoding": "gzip" } });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-encoding": "gzip",
      etag: '"1-gzip"',
      vary: "Accept-Encoding",
    });
    expect(await reply.text()).toBe(method === "GET" ? "a script" : "");
  }
  for (const [tag, status] of [
    ['"1-gzip"', 304],
    ['"1"', 200],
  ] as const) {
    const headers = { "Accept-Encoding": "gzip", "If-None-Match": tag };
    expect((await ask("/echo/script.js", { headers })).status).toBe(status);
  }
});

test("an absolute URL as the request target also finds the file", async () => {
  const { url } = await serveFile();
  const target =
    "GET http://elsewhere.example/echo/script.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  expect(await raw(url, target)).toContain("a script");
});

test("HEAD gets the same response as GET, without the body", async () => {
  const { ask } = await serveFile();
  const reply = await ask("/echo/script.js", { method: "HEAD" });
  expect([reply.status, reply.headers.get("content-type"), await reply.text()]).toEqual([
    200,
    "text/javascript",
    "",
  ]);
});

test("functions answer other paths and methods", async () => {
  const { ask } = await serveFile();
  for (const path of ["/echo/script.js/", "/echo/Script.js", "/echo/x/script.js"])
    expect(await (await ask(path)).json()).toMatchObject({ method: "GET" });
  const posted = ask("/echo/script.js", { method: "POST", body: "x" });
  expect(await (await posted).json()).toMatchObject({ method: "POST", text: "x" });
});

test("a deleted file is 404, and the server keeps running", async () => {
  const { file, ask } = await serveFile();
  rmSync(file);
  expect((await ask("/echo/script.js")).status).toBe(404);
  expect((await ask("/echo/x")).status).toBe(200);
});
