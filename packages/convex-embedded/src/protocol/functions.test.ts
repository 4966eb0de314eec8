import { expect, test } from "vitest";
import { TOOLS } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";
import { MAX_BYTES, MAX_OPERATOR_BYTES } from "../http/body";

async function served() {
  const { server, logged } = await serve({ project: TOOLS });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${server.apiUrl}${path}`, { method: "POST", body: text, headers });
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, ...json } as Record<string, unknown>;
  };
  const operator = { authorization: `Convex ${server.adminKey}` };
  return { server, logged, post, operator };
}

test("without a format, values are returned as clean JSON", async () => {
  const { post } = await served();
  const clean = { int: "7", bytes: "AQL/", infinite: "Infinity", list: ["1", "two", null] };
  for (const format of [undefined, "json"]) {
    expect(await post("/api/query", { path: "messages:values", args: {}, format })).toEqual({
      status: "success",
      value: clean,
    });
  }
  expect(
    await post("/api/mutation", { path: "messages:refuse", args: { author: "a", text: "x" } }),
  ).toMatchObject({ status: "error", errorData: { kind: "refused", size: "3" } });
});

test("a function that fails returns 560 with its log lines", async () => {
  const { server } = await served();
  const body = JSON.stringify({ path: "messages:crash", args: [], format: "convex_encoded_json" });
  const response = await fetch(`${server.apiUrl}/api/query`, { method: "POST", body });
  expect(response.status).toBe(560);
  expect(await response.json()).toEqual({
    status: "error",
    errorMessage: expect.stringContaining("Uncaught Error: out of order") as unknown,
    logLines: ["[WARN] about to crash"],
  });
});

test("/api/run calls a function by its path", async () => {
  const { post, operator } = await served();
  const args = { author: "ada", text: "hi" };
  expect(await post("/api/run/messages/send", { args })).toMatchObject({ status: "success" });
  expect(await post("/api/run/messages/list", { args: { author: "ada" } })).toEqual({
    status: "success",
    value: ["hi"],
  });
  const seed = { args: { author: "ada", count: 1 } };
  expect(await post("/api/run/messages/seed", seed)).toMatchObject({
    errorMessage: expect.stringContaining("Could not find function for 'messages:seed'") as unknown,
  });
  expect(await post("/api/run/messages/seed", seed, operator)).toMatchObject({ status: "success" });
  for (const path of ["/api/run/messages", "/api/run/%E0%A4%A/x"]) {
    expect(await post(path, seed)).toMatchObject({ status: 400, code: "MissingIdentifier" });
  }
});

test("/api/function is for the operator only", async () => {
  const { post, operator } = await served();
  const body = { path: "messages:list", args: { author: "ada" } };
  expect(await post("/api/function", body)).toMatchObject({ status: 403, code: "BadDeployKey" });
  expect(await post("/api/function", body, operator)).toEqual({ status: "success", value: [] });
  const elsewhere = await post("/api/function", { ...body, componentPath: "nowhere" }, operator);
  expect(elsewhere["errorMessage"]).toContain("Could not find function for 'messages:list' in component");
});

test("invalid requests are refused with a reason", async () => {
  const { post, operator, logged } = await served();
  const path = "messages:list";
  for (const [body, code] of [
    ["{", "BadJsonBody"],
    ["", "BadJsonBody"],
    ["[]", "BadJsonBody"],
    [String.raw`{"path": "messages:list", "args": {"author": "\ud83d"}}`, "BadJsonBody"],
    [String.raw`{"path": "messages:list", "args": {"author": "x", "\uDE00": 1}}`, "BadJsonBody"],
    ['"x"', "BadJsonBody"],
    [{ args: {} }, "BadJsonBody"],
    [{ path: 1, args: {} }, "BadJsonBody"],
    [{ path }, "BadJsonBody"],
    [{ path, args: "x" }, "BadJsonBody"],
    [{ path, args: [{}, {}] }, "BadJsonBody"],
    [{ path, args: [[]] }, "BadJsonBody"],
    [{ path, args: {}, format: "xml" }, "BadFormat"],
  ] as const) {
    expect([body, await post("/api/query", body)]).toEqual([
      body,
      { status: 400, code, message: expect.any(String) as unknown },
    ]);
  }
  const component = await post("/api/function", { path, args: {}, componentPath: 1 }, operator);
  expect(component).toMatchObject({ status: 400, code: "BadJsonBody" });
  for (const authorization of ["Basic eDp5", "Convex", "Convex é"]) {
    expect((await post("/api/query", { path, args: {} }, { authorization })).status).toBeOneOf([400, 403]);
  }
  const malformed = { authorization: `${operator.authorization}:bm8gaWRlbnRpdHk=` };
  expect(await post("/api/query", { path, args: {} }, malformed)).toMatchObject({
    status: 400,
    code: "HeaderParseFailure",
  });
  expect(logged).toEqual([]);
});

test("arguments that are not Convex values are refused at any depth", async () => {
  const { post } = await served();
  const nested = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  for (const args of [
    nested,
    '{"author": {"$integer": "x"}}',
    '{"$author": 1}',
    '{"__proto__": {"author": "x"}}',
  ]) {
    const answer = await post("/api/query", `{"path": "messages:list", "args": ${args}}`);
    expect(answer).toMatchObject({ status: "error" });
    expect(answer["errorMessage"]).toContain("ArgumentValidationError");
  }
});

test("an argument named __proto__ does not bypass its validator", async () => {
  const { post } = await served();
  const optional = (args: string) => post("/api/query", `{"path": "messages:optional", "args": ${args}}`);
  expect(await optional('{"role": "reader"}')).toMatchObject({ value: ["reader", null] });
  for (const args of ['{"__proto__": {"role": "owner"}}', '{"inner": {"__proto__": {"role": "owner"}}}']) {
    const { value, errorMessage } = await optional(args);
    expect(value).toBeUndefined();
    expect(errorMessage).toContain("ArgumentValidationError: Object contains a field `__proto__`");
  }
});

test("escaped characters in a body are accepted", async () => {
  const { post } = await served();
  const send = String.raw`{"path": "messages:send", "args": {"author": "ada", "text": "\ud83d\ude00 \\ud83d"}}`;
  expect(await post("/api/mutation", send)).toMatchObject({ status: "success" });
  expect(await post("/api/query", { path: "messages:list", args: { author: "ada" } })).toMatchObject({
    value: [String.raw`😀 \ud83d`],
  });
});

test("a function has one name, apart from the suffixes `.js` and `:default`", async () => {
  const { post } = await served();
  const list = (path: string) => post("/api/query", { path, args: { author: "ada" } });
  for (const path of ["messages:list", "messages.js:list"]) {
    expect(await list(path)).toMatchObject({ status: "success" });
  }
});

test("a path that cannot name a function is refused with Convex's code and message", async () => {
  const { post, operator } = await served();
  const refused = (path: string, flaw: string) => ({
    status: 400,
    code: "BadConvexFunctionIdentifier",
    message: `${path} is not a valid path to a Convex function. ${flaw}`,
  });
  const component =
    "Path component messages:list.js can only contain alphanumeric characters, underscores, or periods.";
  const again = { path: "messages:list:again", args: {} };
  expect(await post("/api/query", again)).toMatchObject(refused(again.path, component));
  expect(await post("/api/function", again, operator)).toMatchObject(refused(again.path, component));
  expect(await post("/api/run/messages.lib/list", { args: {} })).toMatchObject(
    refused("messages.lib:list", "Module path (messages.lib) has an extension that isn't 'js'."),
  );
});

test("a body that is too large is refused by its declared length or while it arrives", async () => {
  const { server } = await served();
  const head = "POST /api/query HTTP/1.1\r\nHost: x\r\n";
  const refused = await raw(server.apiUrl, `${head}Content-Length: ${MAX_BYTES + 1}\r\n\r\n{`);
  expect(refused).toContain("413 Payload Too Large");
  const chunk = `100000\r\n${" ".repeat(0x100000)}\r\n`;
  const answer = await raw(server.apiUrl, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(2)}`);
  expect(answer).toContain('"code":"PayloadTooLarge"');
});

test("the operator may send larger bodies than other callers", async () => {
  const { post, operator } = await served();
  const body = JSON.stringify({ path: "messages:list", args: { author: "a".repeat(MAX_BYTES) } });
  expect(await post("/api/query", body)).toMatchObject({ status: 413, code: "PayloadTooLarge" });
  expect(await post("/api/query", body, operator)).toEqual({ status: "success", value: [] });
  const larger = " ".repeat(MAX_OPERATOR_BYTES + 1);
  expect(await post("/api/query", larger, operator)).toMatchObject({ status: 413 });
});

test("arguments are not parsed for a function that the caller may not call", async () => {
  const { server, post, operator, logged } = await served();
  for (const path of ["messages:nothing", "messages:seed", "_system/cli/tables"]) {
    const body = `{"path": "${path}", "args": [{"author": broken`;
    expect((await post("/api/query", body))["errorMessage"]).toContain(
      `Could not find public function for '${path}'`,
    );
    expect(await post("/api/query", body, operator)).toMatchObject({ code: "BadJsonBody" });
  }
  const head = "POST /api/run/messages/seed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  const answer = await raw(server.apiUrl, `${head}Content-Length: 1000\r\n\r\n{`);
  expect(answer).toContain("Could not find function for 'messages:seed'");
  expect(logged).toEqual([]);
});

test("the function that was looked up is the one that runs", async () => {
  const { post } = await served();
  const body = '{"path": "messages:list", "args": {"author": "a", "count": 1}, "path": "messages:seed"}';
  expect((await post("/api/mutation", body))["errorMessage"]).toContain(
    "Could not find public function for 'messages:seed'",
  );
});

const PATHS = ["/api/query", "/api/mutation", "/api/action", "/api/function", "/api/nothing", "/version"];

function preflight(url: string, origin: string): Promise<Response> {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,convex-client",
  };
  return fetch(url, { method: "OPTIONS", headers });
}

test("pages on this machine and of allowed origins may call functions", async () => {
  const { server } = await serve({ project: TOOLS, apiPortOrigins: ["https://app.example"] });
  for (const origin of ["https://app.example", "http://localhost:5173", server.url, server.apiUrl]) {
    for (const path of PATHS.slice(0, 4)) {
      const { status, headers } = await preflight(server.apiUrl + path, origin);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([204, origin]);
      expect(headers.get("access-control-allow-methods")).toContain("POST");
      expect(headers.get("access-control-allow-headers")).toBe("authorization,content-type,convex-client");
      expect(headers.get("vary")).toBe("Origin, Access-Control-Request-Headers");
      const refused = await fetch(server.apiUrl + path, { headers: { origin } });
      expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([405, origin]);
    }
  }
});

test("pages of other origins are refused on every path, and no function runs for them", async () => {
  const { server, operator } = await served();
  for (const origin of ["https://app.example", "null", "http://localhost.evil.example"]) {
    for (const path of PATHS) {
      const asked = [
        await preflight(server.apiUrl + path, origin),
        await fetch(server.apiUrl + path, { headers: { origin } }),
        await fetch(server.apiUrl + path, { method: "POST", headers: { origin, ...operator }, body: "{}" }),
      ];
      for (const { status, headers } of asked) {
        expect([status, headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([
          403,
          null,
          "Origin",
        ]);
      }
    }
  }
  const body = JSON.stringify({ path: "messages:send", args: { author: "ada", text: "x" } });
  const headers = { origin: "https://app.example", "content-type": "text/plain" };
  const sent = await fetch(`${server.apiUrl}/api/mutation`, { method: "POST", headers, body });
  expect(await sent.json()).toMatchObject({ code: "OriginNotAllowed" });
  expect(await server.run("messages:list", { author: "ada" })).toEqual([]);
});

test("CONVEX_API_PORT_ORIGINS allows origins, and an invalid value fails the start", async () => {
  const env = { CONVEX_API_PORT_ORIGINS: "https://*.app.example" };
  const { server } = await serve({ project: TOOLS, env });
  const ask = async (origin: string) => (await preflight(`${server.apiUrl}/api/query`, origin)).status;
  expect([await ask("https://a.app.example"), await ask("https://app.example")]).toEqual([204, 403]);
  const broken = serve({ project: TOOLS, env: { CONVEX_API_PORT_ORIGINS: "app.example" } });
  await expect(broken).rejects.toThrow("CONVEX_API_PORT_ORIGINS accepts origins such as");
});

test("a request target may be an absolute URL", async () => {
  const { server, logged } = await served();
  const body = JSON.stringify({ path: "messages:list", args: { author: "ada" } });
  const ask = (target: string) =>
    raw(
      server.apiUrl,
      `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  expect(await ask(`${server.apiUrl}/api/query`)).toContain('{"status":"success","value":[]}');
  expect(await ask("HTTP://elsewhere.example:1/api/query?x=1")).toContain('{"status":"success","value":[]}');
  for (const target of ["*", "http://", "http://[/api/query", "ftp://x/api/query"])
    expect(await ask(target)).toMatch(/^HTTP\/1\.1 404 [^]*"code":"NotFound"/);
  expect(logged).toEqual([]);
});

test("a request to upgrade to HTTP/2 is answered in HTTP/1.1", async () => {
  const { server } = await served();
  const body = JSON.stringify({ path: "messages:list", args: { author: "ada" } });
  const upgrade =
    "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  const head = `POST /api/query HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Length: ${body.length}\r\n\r\n`;
  const answer = await raw(server.apiUrl, head + body);
  expect(answer).toContain("HTTP/1.1 200 OK");
  expect(answer).toContain('{"status":"success","value":[]}');
});
