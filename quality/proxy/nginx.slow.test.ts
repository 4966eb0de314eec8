/** deploy/nginx in front of the API: a real nginx, from Debian or elsewhere, which must be installed. */
import { once } from "node:events";
import { request, type IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { SERVER_COMMAND, type ServerProcess } from "../lib/server";
import { startServer, temporaryDirectory } from "../lib/testServer";
import { startNginx } from "./nginx";

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Sent {
  method?: string;
  host?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Starts the API behind nginx. `send` sends a request with the server's first key, to the host of the API. */
async function proxied(settings: Record<string, string> = {}) {
  const command = [...SERVER_COMMAND, "--trust-proxy", "1"];
  const server: ServerProcess = await startServer({ data: temporaryDirectory(), settings, command });
  const port = await startNginx(server);
  const send = async (path: string, sent: Sent = {}): Promise<Reply> => {
    const { method = "GET", host = "api.example.com", headers, body } = sent;
    const outgoing = request({
      ...{ port, path, method, host: "127.0.0.1" },
      headers: {
        ...{ Host: host, "X-API-Key": server.key, "Accept-Encoding": "gzip" },
        ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    // A refused upload breaks the connection while its body is sent, before or after the reply has arrived.
    outgoing.on("error", () => undefined);
    outgoing.on("socket", (socket) => socket.on("error", () => undefined));
    outgoing.end(body);
    const [reply] = (await once(outgoing, "response")) as [
      AsyncIterable<Buffer> & { statusCode: number; headers: IncomingHttpHeaders },
    ];
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk);
    return { status: reply.statusCode, headers: reply.headers, body: Buffer.concat(chunks) };
  };
  return { send, port };
}

const JSON_BODY = { "Content-Type": "application/json" };

test("an ETag of a resource stays strong, and If-Match holds", async () => {
  const { send } = await proxied();
  const body = JSON.stringify({ name: "Ada ".repeat(50).trim(), email: "ada@example.com" });
  const created = await send("/api/users", { method: "POST", headers: JSON_BODY, body });
  expect(created.status).toBe(201);
  const path = String(created.headers.location);
  const fetched = await send(path);
  expect(fetched.headers["content-encoding"]).toBeUndefined();
  expect(fetched.headers.etag).toMatch(/^"/);
  const headers = { ...JSON_BODY, "If-Match": String(fetched.headers.etag) };
  const changed = await send(path, { method: "PATCH", headers, body: '{"name":"nut"}' });
  expect(changed.status).toBe(200);
  expect((await send(path, { method: "DELETE", headers })).status).toBe(412);
});

test("the OpenAPI document is compressed, and its weak ETag saves the body", async () => {
  const { send } = await proxied();
  const plain = await send("/openapi.json", { headers: { "Accept-Encoding": "identity" } });
  const compressed = await send("/openapi.json");
  expect(compressed.headers["content-encoding"]).toBe("gzip");
  expect(compressed.headers.etag).toBe(plain.headers.etag);
  expect(plain.headers.etag).toMatch(/^W\/"/);
  expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
  const again = await send("/openapi.json", {
    headers: { "If-None-Match": String(compressed.headers.etag) },
  });
  expect(again.status).toBe(304);
});

test("a body that is too large is refused by the API, with a problem", async () => {
  const { send } = await proxied();
  const binary = { "Content-Type": "application/octet-stream" };
  const upload = (bytes: number) =>
    send("/api/upload", { method: "POST", headers: binary, body: Buffer.alloc(bytes, 1) });
  expect((await upload(19_000_000)).status).toBe(200);
  const refused = await upload(22_000_000);
  expect(refused.status).toBe(413);
  expect(JSON.parse(String(refused.body))).toMatchObject({ code: "payload_too_large" });
});

test("an address that a client invents does not evade the limit of its own address", async () => {
  const { send } = await proxied({ RATE_LIMIT_IP_PER_MINUTE: "5" });
  const statuses: number[] = [];
  for (let address = 1; address <= 7; address++) {
    const headers = { "X-Forwarded-For": `192.0.2.${address}`, "X-API-Key": "" };
    statuses.push((await send("/", { headers })).status);
  }
  expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
  expect(statuses.at(-1)).toBe(429);
});

test("the host of the files serves stored files and nothing else of the API port", async () => {
  const { send } = await proxied();
  const headers = { "Content-Type": "text/plain" };
  const uploaded = await send("/api/upload", { method: "POST", headers, body: "bytes" });
  const { storageId } = JSON.parse(String(uploaded.body)) as { storageId: string };
  const redirect = await send(`/files/${storageId}`);
  expect(redirect.status).toBe(302);
  const { pathname } = new URL(String(redirect.headers.location));
  expect(String((await send(pathname, { host: "files.example.com" })).body)).toBe("bytes");
  expect((await send("/api/query", { method: "POST", host: "files.example.com", body: "{}" })).status).toBe(
    404,
  );
});

test("a WebSocket is upgraded on the host of Convex's clients", async () => {
  const { port } = await proxied();
  const upgrading = request({
    ...{ port, host: "127.0.0.1", path: "/api/1.48.0/sync" },
    headers: {
      Host: "convex.example.com",
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": Buffer.alloc(16, 7).toString("base64"),
    },
  });
  upgrading.end();
  const [reply, socket] = (await once(upgrading, "upgrade")) as [{ statusCode: number }, { destroy(): void }];
  socket.destroy();
  expect(reply.statusCode).toBe(101);
});
