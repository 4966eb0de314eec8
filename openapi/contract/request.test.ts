import { describe, expect, test } from "vitest";
import { against, JSON_TYPE, KEY, ok, useRecords } from "./things.fixture";

useRecords();

const created = () => ok({ id: "1" }, { status: 201 });

describe("an accepted request violates the document", () => {
  const post = { method: "POST", headers: JSON_TYPE, body: '{"name":"a"}' };
  const total = { headers: { "X-Total": "1" } };

  test.each<[string, string, RequestInit, Response, string]>([
    ["without a credential", "/things", {}, ok([], total), "no credential that the document requires"],
    [
      "with an invalid query parameter",
      "/things?limit=101",
      { headers: KEY },
      ok([], total),
      "query parameter limit (101): must be <= 100",
    ],
    [
      "with a repeated query parameter",
      "/things?limit=1&limit=2",
      { headers: KEY },
      ok([], total),
      "query parameter limit is given 2 times",
    ],
    [
      "with an invalid path parameter",
      "/things/long%20",
      {},
      ok({ id: "1" }),
      "path parameter id (long ): must NOT have more than 4 characters",
    ],
    [
      "with an invalid header",
      "/things",
      { ...post, headers: { ...JSON_TYPE, "Idempotency-Key": "x" } },
      created(),
      "header parameter Idempotency-Key (x): must NOT have fewer than 2 characters",
    ],
    [
      "with an invalid body",
      "/things",
      { ...post, body: '{"name":"0123456789"}' },
      created(),
      "request body/name: must NOT have more than 9 characters",
    ],
    ["without a required body", "/things", { method: "POST" }, created(), "the request has no body"],
    [
      "with a body of an undocumented type",
      "/things",
      { method: "POST", body: "x" },
      created(),
      "the request is of text/plain, which is not documented",
    ],
  ])("%s", async (_, url, request, reply, violation) => {
    expect(await against(url, request, reply)).toEqual([`- ${violation}`]);
  });
});

describe("a request body of each kind is checked", () => {
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
    expect(await against("/things", { method: "POST", ...request }, created())).toEqual([]);
  });

  test.each<[string, RequestInit]>([
    ["a form", { body: form("much too long") }],
    ["bytes", { body: Buffer.from('{"name":"much too long"}'), headers: JSON_TYPE }],
    ["a stream", { body: stream('{"name":"much too long"}'), headers: JSON_TYPE }],
  ])("an invalid value in %s", async (_, request) => {
    const violations = await against("/things", { method: "POST", ...request }, created());
    expect(violations).toEqual(["- request body/name: must NOT have more than 9 characters"]);
  });
});
