import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createSocketServer, type AddressInfo, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { TLS } from "../../fixtures/tls";
import { guardedFetch, guardedLookup, type Lookup } from "./guardedFetch";
import { MAX_BODY_BYTES } from "./nodeFetch";

const PUBLIC = { address: "8.8.8.8", family: 4 };
const LOOPBACK = { address: "127.0.0.1", family: 4 };

/** Listens on this machine until the test ends. @returns the port. */
async function listen(server: Server | ReturnType<typeof createSocketServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Starts a server, and returns its URL and the number of its connections. */
async function serve(listener: RequestListener) {
  const server = createServer(listener);
  let connections = 0;
  server.on("connection", () => connections++);
  const port = await listen(server);
  return { port, url: `http://127.0.0.1:${port}`, connections: () => connections };
}

/** A resolver that returns these lists one after the other, the last one again and again. */
function resolver(...answers: (readonly { address: string; family: number }[])[]) {
  let calls = 0;
  const lookup: Lookup = (_name, _options, callback) => {
    const answer = answers[Math.min(calls++, answers.length - 1)] ?? [];
    callback(null, [...answer]);
  };
  return { lookup, calls: () => calls };
}

/** A server that sends these bytes after each request. */
async function raw(bytes: string): Promise<string> {
  const port = await listen(createSocketServer((socket) => socket.once("data", () => socket.end(bytes))));
  return `http://127.0.0.1:${port}/`;
}

const local = guardedFetch({ allowLoopback: true });
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => {
      const { name, message, cause } = error as Error;
      return `${name}: ${message}: ${(cause as Error | undefined)?.message}`;
    },
  );

describe("addresses", () => {
  const refused = expect.stringMatching(
    /^TypeError: fetch failed: \S+ leads to a private or reserved address$/,
  ) as unknown;

  test("a resolver that changes its mind does not lead to this machine", async () => {
    const { lookup, calls } = resolver([PUBLIC], [LOOPBACK]);
    const resolved = await new Promise((done) =>
      guardedLookup(lookup, false)("partner.example.org", { all: true }, (_, found) => done(found)),
    );
    expect(resolved).toEqual([PUBLIC]);
    const { port, connections } = await serve((_, response) => response.end());
    const guarded = guardedFetch({ allowLoopback: false, lookup });
    expect(await message(guarded(`http://partner.example.org:${port}/`))).toEqual(refused);
    expect([calls(), connections()]).toEqual([2, 0]);
  });

  test("the connection uses the checked lookup, and resolves the name once", async () => {
    const { lookup, calls } = resolver([LOOPBACK], [{ address: "10.0.0.1", family: 4 }]);
    const { port } = await serve((request, response) => response.end(request.headers.host));
    const guarded = guardedFetch({ allowLoopback: true, lookup });
    const response = await guarded(`http://partner.example.org:${port}/`);
    expect(await response.text()).toBe(`partner.example.org:${port}`);
    expect(calls()).toBe(1);
  });

  test.each([
    ["a public and a private IPv4 address", [PUBLIC, LOOPBACK]],
    [
      "a public and a private IPv6 address",
      [
        { address: "2606:4700::1", family: 6 },
        { address: "::1", family: 6 },
      ],
    ],
    ["a public IPv4 and a mapped private address", [PUBLIC, { address: "::ffff:127.0.0.1", family: 6 }]],
    ["no address", []],
  ])("a name with %s is refused", async (_, addresses) => {
    const { port, connections } = await serve((_, response) => response.end());
    const guarded = guardedFetch({ allowLoopback: false, lookup: resolver(addresses).lookup });
    expect(await message(guarded(`http://partner.example.org:${port}/`))).toEqual(refused);
    expect(connections()).toBe(0);
  });

  test.each(["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"])(
    "the host %s is refused without a lookup",
    async (host) => {
      const { port, connections } = await serve((_, response) => response.end());
      const { lookup, calls } = resolver([PUBLIC]);
      const guarded = guardedFetch({ allowLoopback: false, lookup });
      expect(await message(guarded(`http://${host}:${port}/`))).toEqual(refused);
      expect([calls(), connections()]).toEqual([0, 0]);
    },
  );

  test("the system's resolver is guarded too", async () => {
    const { port, connections } = await serve((_, response) => response.end());
    const guarded = guardedFetch({ allowLoopback: false });
    expect(await message(guarded(`http://localhost:${port}/`))).toEqual(refused);
    expect(connections()).toBe(0);
  });

  test("an error of the resolver is the cause", async () => {
    const lookup: Lookup = (name, _, callback) => callback(new Error(`getaddrinfo ENOTFOUND ${name}`), []);
    const guarded = guardedFetch({ allowLoopback: false, lookup });
    expect(await message(guarded("https://partner.example.org/"))).toBe(
      "TypeError: fetch failed: getaddrinfo ENOTFOUND partner.example.org",
    );
  });

  test("the certificate must be valid for the name, not for the address", async () => {
    const names: unknown[] = [];
    const server = createTlsServer(TLS, (request, response) => {
      names.push((request.socket as Socket & { servername?: unknown }).servername);
      response.end("hello");
    });
    const port = await listen(server);
    const options = { allowLoopback: true, lookup: resolver([LOOPBACK]).lookup };
    const trusting = guardedFetch({ ...options, ca: TLS.cert });
    const host = { Host: "other.example.org" };
    const response = await trusting(`https://partner.example.org:${port}/`, { headers: host });
    expect([await response.text(), names]).toEqual(["hello", ["partner.example.org"]]);
    expect(await message(trusting(`https://other.example.org:${port}/`))).toMatch(/altnames/);
    expect(await message(guardedFetch(options)(`https://partner.example.org:${port}/`))).toMatch(
      /self-signed/,
    );
  });
});

describe("requests", () => {
  const echo: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method, url, headers } = request;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(parts).toString() }));
    });
  };

  test("method, headers and body arrive", async () => {
    const { url } = await serve(echo);
    const response = await local(`${url}/a?b=c`, {
      method: "post",
      headers: { "X-One": "1" },
      body: "bücher",
    });
    expect(await response.json()).toMatchObject({
      method: "POST",
      url: "/a?b=c",
      headers: { "x-one": "1", "content-length": "7", "content-type": "text/plain;charset=UTF-8" },
      body: "bücher",
    });
    expect([response.url, response.ok, response.redirected]).toEqual([`${url}/a?b=c`, true, false]);
  });

  test("a URL object, a request and a stream are accepted", async () => {
    const { url } = await serve(echo);
    expect(await (await local(new URL(url))).json()).toMatchObject({ method: "GET", body: "" });
    const request = new Request(url, { method: "PUT", body: new URLSearchParams({ a: "b" }) });
    expect(await (await local(request)).json()).toMatchObject({ method: "PUT", body: "a=b" });
    const body = new Blob(["from a stream"]).stream();
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    expect(await (await local(url, init)).json()).toMatchObject({ body: "from a stream" });
  });

  test("headers of the connection are not the caller's", async () => {
    const { url, port } = await serve(echo);
    const headers = { Host: "internal", Connection: "close", "Transfer-Encoding": "chunked", Expect: "x" };
    const seen = (await (await local(url, { method: "POST", body: "x", headers })).json()) as {
      headers: Record<string, string>;
    };
    expect(seen.headers).toMatchObject({ host: `127.0.0.1:${port}`, "content-length": "1" });
    expect(seen.headers["transfer-encoding"]).toBeUndefined();
    expect(seen.headers["expect"]).toBeUndefined();
  });

  test("a body above the limit is refused before it is sent", async () => {
    const { url, connections } = await serve(echo);
    const body = new Uint8Array(MAX_BODY_BYTES + 1);
    expect(await message(local(url, { method: "POST", body }))).toMatch(/the body is longer than/);
    expect(connections()).toBe(0);
  });

  test.each(["data:text/plain,x", "file:///etc/passwd"])("%s is not fetched", async (url) => {
    expect(await message(local(url))).toMatch(/^TypeError: fetch failed: the scheme/);
  });

  test("a connection is used again after the body was read", async () => {
    const { url, connections } = await serve((_, response) => response.end("x"));
    for (let n = 0; n < 3; n++) await (await local(url)).text();
    expect(connections()).toBe(1);
  });
});

describe("responses", () => {
  test("status, text and repeated headers are kept", async () => {
    const url = await raw(
      "HTTP/1.1 404 Nothing Here\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nhi",
    );
    const response = await local(url);
    expect([response.status, response.statusText, await response.text()]).toEqual([
      404,
      "Nothing Here",
      "hi",
    ]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test.each([204, 205, 304])("a response with %d has no body", async (status) => {
    const { url } = await serve((_, response) => response.writeHead(status).end());
    expect((await local(url)).body).toBeNull();
  });

  test.each([
    ["gzip", gzipSync("hello")],
    ["x-gzip", gzipSync("hello")],
    ["deflate", deflateSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["br, gzip", gzipSync(brotliCompressSync("hello"))],
    ["unknown", Buffer.from("hello")],
  ])("the content coding %s is undone", async (coding, bytes) => {
    const { url } = await serve((_, response) => response.setHeader("content-encoding", coding).end(bytes));
    expect(await (await local(url)).text()).toBe("hello");
  });

  test("a body that is longer than the limit after decompression is an error", async () => {
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    const { url } = await serve((_, response) => response.setHeader("content-encoding", "gzip").end(bomb));
    const response = await local(url);
    expect(await message(response.arrayBuffer())).toMatch(/^TypeError: terminated: the body is longer than/);
  });

  test("an endless body is read only as far as its reader asks, and cancelling it closes the connection", async () => {
    let closed = (): void => undefined;
    const end = new Promise<void>((done) => (closed = done));
    let sent = 0;
    const { url } = await serve((_, response) => {
      const part = Buffer.alloc(65_536);
      const more = (): void => {
        do sent += part.length;
        while (response.write(part));
      };
      response.on("drain", more).on("close", closed);
      more();
    });
    const reader = (await local(url)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    await end;
    expect(sent).toBeLessThan(MAX_BODY_BYTES);
  });

  test.each([301, 302, 303, 307, 308])("a redirect with %d is not followed", async (status) => {
    const { url, connections } = await serve((_, response) =>
      response.writeHead(status, { location: "/next" }).end(),
    );
    const response = await local(url, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([status, "/next"]);
    await response.text();
    for (const redirect of ["follow", "error"] as const)
      expect(await message(local(url, { redirect }))).toBe(
        "TypeError: fetch failed: redirects are not followed",
      );
    expect(connections()).toBeLessThan(4);
  });

  test.each([
    ["is no HTTP", "nonsense\r\n\r\n", /^TypeError: fetch failed: Parse Error/],
    [
      "has the status 700",
      "HTTP/1.1 700 X\r\nContent-Length: 0\r\n\r\n",
      /^TypeError: fetch failed: .*700|status/,
    ],
    [
      "switches protocols",
      "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      /switched protocols/,
    ],
    ["is missing", "", /^TypeError: fetch failed: socket hang up/],
    [
      "has too many headers",
      `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
      /^TypeError: fetch failed: .*[Oo]verflow/,
    ],
  ])("a reply that %s is an error", async (_, bytes, pattern) => {
    expect(await message(local(await raw(bytes)))).toMatch(pattern);
  });

  test("a body that ends early is an error", async () => {
    const response = await local(await raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
    expect(await message(response.text())).toMatch(/^TypeError: terminated/);
  });

  test("a refused connection is an error", async () => {
    const { url, port } = await serve(() => undefined);
    const closed = createSocketServer();
    const other = await listen(closed);
    await new Promise((done) => closed.close(done));
    expect(other).not.toBe(port);
    expect(await message(local(url.replace(String(port), String(other))))).toMatch(/ECONNREFUSED/);
  });
});

describe("a signal", () => {
  test("ends a request before its reply, and closes the connection", async () => {
    const abort = new AbortController();
    let closed = (): void => undefined;
    const end = new Promise<void>((done) => (closed = done));
    const { url } = await serve((request) => {
      request.socket.on("close", closed);
      abort.abort(new Error("enough"));
    });
    await expect(local(url, { signal: abort.signal })).rejects.toThrow("enough");
    await end;
  });

  test("ends a body that does not end", async () => {
    const abort = new AbortController();
    const { url } = await serve((_, response) => void response.write("begin"));
    const response = await local(url, { signal: abort.signal });
    const text = response.text();
    abort.abort(new Error("enough"));
    await expect(text).rejects.toThrow("enough");
  });

  test("ends a TLS handshake that does not end", async () => {
    const abort = new AbortController();
    let closed = (): void => undefined;
    const end = new Promise<void>((done) => (closed = done));
    const server = createSocketServer((socket) => {
      socket.on("close", closed).on("error", () => undefined);
      socket.once("data", () => abort.abort(new Error("enough")));
    });
    const url = `https://127.0.0.1:${await listen(server)}/`;
    await expect(local(url, { signal: abort.signal })).rejects.toThrow("enough");
    await end;
  });

  test("that has fired already sends nothing", async () => {
    const { url, connections } = await serve((_, response) => response.end());
    await expect(local(url, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(connections()).toBe(0);
  });
});
