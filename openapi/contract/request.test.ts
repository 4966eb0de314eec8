import { describe, expect, test } from "vitest";
import { against, JSON_TYPE, KEY, ok, useNotes } from "./things.fixture";

useNotes();

const made = () => ok({ id: "1" }, { status: 201 });

describe("an accepted request that breaks the document is a violation", () => {
  const created = { method: "POST", headers: JSON_TYPE, body: '{"name":"a"}' };
  const total = { headers: { "X-Total": "1" } };

  test.each<[string, string, RequestInit, Response, string]>([
    ["without a credential", "/things", {}, ok([], total), "no credential that the document asks for"],
    [
      "with a bad query",
      "/things?limit=101",
      { headers: KEY },
      ok([], total),
      "query parameter limit (101): must be <= 100",
    ],
    [
      "with a query given twice",
      "/things?limit=1&limit=2",
      { headers: KEY },
      ok([], total),
      "query parameter limit is given 2 times",
    ],
    [
      "with a bad path",
      "/things/long%20",
      {},
      ok({ id: "1" }),
      "path parameter id (long ): must NOT have more than 4 characters",
    ],
    [
      "with a bad header",
      "/things",
      { ...created, headers: { ...JSON_TYPE, "Idempotency-Key": "x" } },
      made(),
      "header parameter Idempotency-Key (x): must NOT have fewer than 2 characters",
    ],
    [
      "with a bad body",
      "/things",
      { ...created, body: '{"name":"0123456789"}' },
      made(),
      "request body/name: must NOT have more than 9 characters",
    ],
    ["without its body", "/things", { method: "POST" }, made(), "the request has no body"],
    [
      "with a body of another type",
      "/things",
      { method: "POST", body: "x" },
      made(),
      "the request is of text/plain, which is not documented",
    ],
  ])("%s", async (_, url, request, answered, violation) => {
    expect(await against(url, request, answered)).toEqual([`- ${violation}`]);
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
    expect(await against("/things", { method: "POST", ...request }, made())).toEqual([]);
  });

  test.each<[string, RequestInit]>([
    ["a form", { body: form("much too long") }],
    ["bytes", { body: Buffer.from('{"name":"much too long"}'), headers: JSON_TYPE }],
    ["a stream", { body: stream('{"name":"much too long"}'), headers: JSON_TYPE }],
  ])("%s that does not fit", async (_, request) => {
    const said = await against("/things", { method: "POST", ...request }, made());
    expect(said).toEqual(["- request body/name: must NOT have more than 9 characters"]);
  });
});
