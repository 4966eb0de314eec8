import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";

const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;

test("a route reads and writes through functions", async () => {
  const { server } = await serve();
  const created = await fetch(`${server.url}/items`, {
    method: "POST",
    body: JSON.stringify({ owner: "ada", name: "bolt" }),
  });
  expect(created.status).toBe(201);
  const { id } = await json(created);
  expect(await json(fetch(`${server.url}/items/${String(id)}`))).toMatchObject({ _id: id, name: "bolt" });
});

test("HEAD is routed as GET, stays HEAD for the handler, and has no body", async () => {
  const { server } = await serve();
  const head = await fetch(`${server.url}/echo/x`, { method: "HEAD" });
  const get = await json(fetch(`${server.url}/echo/x`));
  expect([head.status, await head.text(), get["method"]]).toEqual([200, "", "GET"]);
  expect((await fetch(`${server.url}/nowhere`, { method: "HEAD" })).status).toBe(404);
  const { server: other } = await serve();
  const answer = await raw(other.url, "HEAD /throw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 500 /);
  expect(answer).toMatch(/\r\n\r\n$/);
});

test("a response to an incomplete body closes the connection and sends Connection: close", async () => {
  const { server } = await serve();
  const head = "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
  expect(await raw(server.url, `${head}half`)).toMatch(/^HTTP\/1\.1 404 [^]*\r\nconnection: close\r\n/i);
});

test("GET and OPTIONS always have a null body; other methods have the body that was sent", async () => {
  const { server } = await serve();
  for (const method of ["GET", "OPTIONS"]) {
    const request = `${method} /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`;
    const answer = await raw(server.url, request);
    expect(answer).toContain('"nullBody":true,"text":""');
  }
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    expect(await json(fetch(`${server.url}/echo/x`, { method, body: "hello" }))).toMatchObject({
      method,
      nullBody: false,
      text: "hello",
      bytes: "undefined",
    });
  }
});

test("the URL has the site's origin, not the origin in the Host header or an absolute target", async () => {
  const { server } = await serve();
  for (const target of ["/echo/a%20b?c=d", "http://evil.example/echo/a%20b?c=d"]) {
    const answer = await raw(
      server.url,
      `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain(`"url":"${server.url}/echo/a%20b?c=d"`);
    expect(answer).toContain('"host":"evil.example"');
  }
});

test("the environment sets the site's origin, including the scheme", async () => {
  const { server } = await serve({ env: { CONVEX_SITE_URL: "https://api.example" } });
  expect(await json(fetch(`${server.url}/echo/x?y`))).toMatchObject({ url: "https://api.example/echo/x?y" });
});

test.each(["*", "example.com:80", "/\\evil", "http://[", "//", "/%zz", "/../../x", "/\u00ff", "/a b"])(
  "the target %j gets a response, and the server keeps running",
  async (target) => {
    const { server } = await serve();
    const answer = await raw(
      server.url,
      `OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    expect((await fetch(`${server.url}/echo/x`)).status).toBe(200);
  },
);

test("a path without a route gets Convex's 404", async () => {
  const { server } = await serve();
  const response = await fetch(`${server.url}/nowhere`);
  expect([response.status, await response.text()]).toEqual([404, "No matching routes found"]);
  expect((await fetch(`${server.url}/items`, { method: "PUT" })).status).toBe(404);
});

test("an uncaught error gets Convex's 500 and is logged with its source position", async () => {
  const { server, logged } = await serve();
  const response = await fetch(`${server.url}/throw`);
  expect(response.status).toBe(500);
  const { code, trace } = await json(response);
  expect(code).toMatch(/^\[Request ID: [0-9a-f]{16}\] Server Error: Uncaught Error: thrown in the action$/);
  expect(trace).toMatch(/^Uncaught Error: thrown in the action\n\s+at .*convex\/http\.ts:\d+:\d+/);
  expect(trace).not.toContain("convex-embedded/");
  expect(logged).toEqual([{ level: "error", path: "GET /throw", message: trace }]);
});

test("a handler that returns something other than a response fails", async () => {
  const { server } = await serve();
  expect(await json(fetch(`${server.url}/no-response`))).toMatchObject({
    code: expect.stringContaining("An HTTP action must return a Response") as string,
  });
});

test("an invalid status fails where the response is created", async () => {
  const { server } = await serve();
  expect(await (await fetch(`${server.url}/status`)).text()).toBe("RangeError");
});

test("an invalid header fails where it is set", async () => {
  const { server } = await serve();
  expect(await (await fetch(`${server.url}/bad-header`)).text()).toBe("TypeError");
});

test("status, headers and several cookies arrive unchanged", async () => {
  const { server } = await serve();
  const response = await fetch(`${server.url}/cookies`);
  expect([response.status, response.headers.get("x-one")]).toEqual([204, "1"]);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
});

test("a response body is streamed", async () => {
  const { server } = await serve();
  const response = await fetch(`${server.url}/stream`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader?.read()).toEqual({ done: false, value: "first " });
  await fetch(`${server.url}/push`, { method: "POST", body: "second" });
  expect(await reader?.read()).toEqual({ done: false, value: "second" });
  await fetch(`${server.url}/push`, { method: "POST", body: "end" });
  expect((await reader?.read())?.done).toBe(true);
});

test("a response body may use timers and run functions while it is streamed", async () => {
  const { server, logged } = await serve();
  expect(await (await fetch(`${server.url}/late-stream`)).text()).toBe("[]");
  expect(logged).toEqual([]);
});

test("a request keeps running after its client disconnects", async () => {
  const { server } = await serve();
  const leaving = new AbortController();
  const body = JSON.stringify({ owner: "ada", name: "late" });
  const left = fetch(`${server.url}/wait`, { method: "POST", body, signal: leaving.signal }).catch(
    () => "left",
  );
  await expect.poll(async () => (await fetch(`${server.url}/waiting`)).text()).toBe("true");
  leaving.abort();
  expect(await left).toBe("left");
  await fetch(`${server.url}/release`, { method: "POST" });
  await expect.poll(() => server.run("items:names", { owner: "ada" })).toEqual(["late"]);
});

test("one connection serves several requests", async () => {
  const { server } = await serve();
  const one = "GET /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n";
  const two = "POST /echo/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
  const answer = await raw(server.url, one + two);
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answer).toContain('"text":"hi"');
});

test("the request metadata comes from the socket", async () => {
  const { server } = await serve();
  const headers = { "x-forwarded-for": "203.0.113.7", "user-agent": "test" };
  expect(await json(fetch(`${server.url}/echo/x`, { headers }))).toMatchObject({
    ip: "127.0.0.1",
    userAgent: "test",
    requestId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
  });
});

test("a request without a token has no identity; a token that no provider issued throws in the action", async () => {
  const { server } = await serve();
  expect(await json(fetch(`${server.url}/identity`))).toEqual({ identity: null });
  const headers = { authorization: "Bearer key_x" };
  expect(await json(fetch(`${server.url}/identity`, { headers }))).toEqual({
    error: expect.stringContaining("No auth provider found matching the given token") as string,
  });
});
