import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { checked, ContractError } from "./check";
import { notedIn, RUN } from "./coverage";
import { describedBy } from "./described";
import { closed, misfits } from "./schemas";

const json = (schema: object) => ({ "application/json": { schema } });
const id = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
const problem = {
  headers: id,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const reply = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string" } },
};
const name = { type: "object", required: ["name"], properties: { name: { type: "string", maxLength: 9 } } };

const document = describedBy({
  paths: {
    "/things": {
      get: {
        operationId: "listThings",
        security: [{ apiKey: [] }, { bearer: [] }],
        parameters: [{ name: "limit", in: "query", schema: { type: "integer", maximum: 100 } }],
        responses: {
          200: {
            headers: { ...id, "X-Total": { required: true, schema: { type: "integer" } } },
            content: json({ type: "array", items: reply }),
          },
          401: problem,
        },
      },
      post: {
        operationId: "createThing",
        parameters: [{ name: "Idempotency-Key", in: "header", schema: { type: "string", minLength: 2 } }],
        requestBody: {
          required: true,
          content: { ...json(name), "multipart/form-data": { schema: name } },
        },
        responses: { 201: { headers: id, content: json(reply) }, 400: problem },
      },
    },
    "/things/new": {
      get: { operationId: "getNewThing", responses: { 204: { headers: id }, 405: problem } },
    },
    "/things/{id}": {
      get: {
        operationId: "getThing",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string", maxLength: 4 } }],
        responses: { 200: { headers: id, content: json(reply) }, 404: problem, 405: problem },
      },
    },
  },
  components: {
    headers: { RequestId: { schema: { type: "string", minLength: 1 } } },
    schemas: {
      Problem: {
        type: "object",
        required: ["status"],
        properties: { status: { type: "integer" }, requestId: {}, error: {}, detail: {} },
      },
    },
    securitySchemes: {
      apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      bearer: { type: "http", scheme: "bearer" },
    },
  },
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "contract-test-"));
  // What these tests get wrong on purpose is not this run's.
  vi.stubEnv(RUN, folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
});

const KEY = { "X-API-Key": "k" };
const JSON_TYPE = { "Content-Type": "application/json" };

/** What the document has against such an exchange: nothing, or the lines of the error. */
async function against(url: string, request: RequestInit, answered: Response): Promise<string[]> {
  if (!answered.headers.has("X-Request-Id")) answered.headers.set("X-Request-Id", "r1");
  const send = checked(
    async (_url, init) => {
      await new Response(init?.body ?? null).arrayBuffer();
      return answered;
    },
    { described: document },
  );
  try {
    expect(await send(url, request)).toBe(answered);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    const { message } = error as ContractError;
    expect(notedIn(folder).violations).toContain(message);
    return message.split("\n").slice(1);
  }
}

const ok = (body: unknown, init: ResponseInit = {}) => Response.json(body, init);
const refused = (status: number, more: object = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ status, requestId: "r1", ...more }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });

describe("what the document has", () => {
  test("passes, whole and readable", async () => {
    const answered = ok([{ id: "1" }], { headers: { "X-Total": "1", Date: "today" } });
    expect(await against("/things?limit=100", { headers: KEY }, answered)).toEqual([]);
    expect(await answered.json()).toEqual([{ id: "1" }]);
  });

  test("is noted, by operation, status and media type", async () => {
    await against("/things/new/", {}, new Response(null, { status: 204 }));
    await against("http://elsewhere/things", {}, refused(401));
    expect(notedIn(folder)).toEqual({
      replies: new Set(["getNewThing 204 no body", "listThings 401 application/problem+json"]),
      violations: [],
    });
  });

  test.each([404, 405])("a problem %i is the answer to a path that it does not have", async (status) => {
    expect(await against("/nowhere", {}, refused(status))).toEqual([]);
  });

  test("a method that a path does not have is what its operations say it is, and counts for each of them", async () => {
    const put = () => against("/things", { method: "PUT" }, refused(405));
    expect(await put()).toEqual(["- status 405 is not documented"]);
    expect(await against("/things/new", { method: "PUT" }, refused(405))).toEqual([]);
    expect(notedIn(folder).replies).toEqual(
      new Set(["getNewThing 405 application/problem+json", "getThing 405 application/problem+json"]),
    );
  });

  test("HEAD is answered like GET, without the body", async () => {
    const headers = { ...JSON_TYPE, "X-Total": "1" };
    expect(
      await against("/things", { method: "HEAD", headers: KEY }, new Response(null, { headers })),
    ).toEqual([]);
  });
});

describe("a reply is a violation", () => {
  const created = { method: "POST", headers: JSON_TYPE, body: '{"name":"a"}' };
  const total = { headers: { "X-Total": "1" } };

  test.each<[string, string, RequestInit, Response, string]>([
    ["of another status", "/things/1", {}, ok({ id: "1" }, { status: 201 }), "status 201 is not documented"],
    ["of another type", "/things/1", {}, new Response("x"), "content type text/plain is not documented"],
    ["of no type", "/things/1", {}, new Response(new Uint8Array(1)), "content type is missing"],
    ["that is no JSON", "/things/1", {}, new Response("{", { headers: JSON_TYPE }), "the body is not JSON"],
    ["that lacks a field", "/things/1", {}, ok({}), "body: must have required property 'id'"],
    [
      "with one too many",
      "/things/1",
      {},
      ok({ id: "1", x: 1 }),
      "body: must NOT have unevaluated properties (x)",
    ],
    [
      "with another header",
      "/things/1",
      {},
      ok({ id: "1" }, { headers: { "X-New": "1" } }),
      "header x-new is not documented",
    ],
    ["without its header", "/things", { headers: KEY }, ok([]), "header x-total is missing"],
    [
      "with a header of another kind",
      "/things",
      { headers: KEY },
      ok([], { headers: { "X-Total": "x" } }),
      "header x-total (x): must be integer",
    ],
    [
      "that gives no body a type",
      "/things/new",
      {},
      new Response(null, { status: 204, headers: JSON_TYPE }),
      "content type application/json of no body",
    ],
    [
      "whose problem has another status",
      "/things/1",
      {},
      refused(404, { status: 400 }),
      "a problem of status 400",
    ],
    [
      "whose problem is of another request",
      "/things/1",
      {},
      refused(404, { requestId: "r2" }),
      "a problem of another request",
    ],
    [
      "whose problem has two reasons",
      "/things/1",
      {},
      refused(404, { error: "a", detail: "b" }),
      "a problem whose error is not its detail",
    ],
    [
      "to a path that is not there",
      "/nowhere",
      {},
      ok({}),
      "status 200 outside of all documented operations",
    ],
    [
      "that opens without a credential",
      "/things",
      {},
      ok([], total),
      "no credential that the document asks for",
    ],
    [
      "to a bad query",
      "/things?limit=101",
      { headers: KEY },
      ok([], total),
      "query parameter limit (101): must be <= 100",
    ],
    [
      "to a query given twice",
      "/things?limit=1&limit=2",
      { headers: KEY },
      ok([], total),
      "query parameter limit is given 2 times",
    ],
    [
      "to a bad path",
      "/things/long%20",
      {},
      ok({ id: "1" }),
      "path parameter id (long ): must NOT have more than 4 characters",
    ],
    [
      "to a bad header",
      "/things",
      { ...created, headers: { ...JSON_TYPE, "Idempotency-Key": "x" } },
      ok({ id: "1" }, { status: 201 }),
      "header parameter Idempotency-Key (x): must NOT have fewer than 2 characters",
    ],
    [
      "to a bad body",
      "/things",
      { ...created, body: '{"name":"0123456789"}' },
      ok({ id: "1" }, { status: 201 }),
      "request body/name: must NOT have more than 9 characters",
    ],
    [
      "to no body",
      "/things",
      { method: "POST" },
      ok({ id: "1" }, { status: 201 }),
      "the request has no body",
    ],
    [
      "to a body of another type",
      "/things",
      { method: "POST", body: "x" },
      ok({ id: "1" }, { status: 201 }),
      "the request is of text/plain, which is not documented",
    ],
  ])("%s", async (_, url, request, answered, violation) => {
    expect(await against(url, request, answered)).toEqual([`- ${violation}`]);
  });
});

describe("of objects that are composed", () => {
  const member = (name: string) => ({ properties: { [name]: { type: "string" } } });
  const composed = { allOf: [member("a"), member("b")], anyOf: [member("c"), { type: "null" }] };

  test("all members are known, and no others", () => {
    expect(misfits(closed(composed), { a: "1", b: "2", c: "3" }, "it")).toEqual([]);
    expect(misfits(closed(composed), { a: "1", d: "4" }, "it")).toEqual([
      "it: must NOT have unevaluated properties (d)",
    ]);
  });

  test("one that names none may have any", () => {
    expect(misfits(closed({ anyOf: [{}, { type: "null" }] }), { x: 1 }, "it")).toEqual([]);
  });
});

describe("bodies of every kind are looked at", () => {
  const form = (value: string) => {
    const data = new FormData();
    data.set("name", value);
    return data;
  };
  const stream = (text: string) => new Response(text).body;

  test.each<[string, RequestInit]>([
    ["a form", { body: form("short") }],
    ["bytes", { body: Buffer.from('{"name":"short"}'), headers: JSON_TYPE }],
    ["a stream", { body: stream('{"name":"short"}'), headers: JSON_TYPE }],
  ])("%s", async (_, request) => {
    expect(
      await against("/things", { method: "POST", ...request }, ok({ id: "1" }, { status: 201 })),
    ).toEqual([]);
  });

  test.each<[string, RequestInit]>([
    ["a form", { body: form("much too long") }],
    ["bytes", { body: Buffer.from('{"name":"much too long"}'), headers: JSON_TYPE }],
    ["a stream", { body: stream('{"name":"much too long"}'), headers: JSON_TYPE }],
  ])("%s that does not fit", async (_, request) => {
    const said = await against("/things", { method: "POST", ...request }, ok({ id: "1" }, { status: 201 }));
    expect(said).toEqual(["- request body/name: must NOT have more than 9 characters"]);
  });

  test("a stream reaches who is asked, too", async () => {
    let sent = "";
    const send = checked(
      async (_url, init) => {
        sent = await new Response(init?.body as ReadableStream).text();
        return ok({ id: "1" }, { status: 201, headers: { "X-Request-Id": "r1" } });
      },
      { described: document },
    );
    await send("/things", { method: "POST", body: stream('{"name":"a"}'), headers: JSON_TYPE });
    expect(sent).toBe('{"name":"a"}');
  });
});

test("who refuses a stream need not wait for its end", async () => {
  const cancel = vi.fn();
  const send = checked(
    async (_url, init) => {
      await (init?.body as ReadableStream).cancel();
      return refused(400, {}, { "X-Request-Id": "r1" });
    },
    { described: document },
  );
  const body = new ReadableStream({ cancel });
  expect((await send("/things", { method: "POST", body })).status).toBe(400);
  expect(cancel).toHaveBeenCalledOnce();
});

test("a reply that breaks off is for its caller to meet", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const answered = new Response(body);
  const send = checked(() => Promise.resolve(answered), { described: document });
  await expect((await send("/things/1")).text()).rejects.toThrow("gone");
});
