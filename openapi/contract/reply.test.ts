import { describe, expect, test } from "vitest";
import { closed, validationErrors } from "./schemas";
import { against, JSON_TYPE, KEY, ok, refused, useRecords } from "./things.fixture";

useRecords();

describe("a reply violates the document", () => {
  test.each<[string, string, RequestInit, Response, string]>([
    [
      "with an undocumented status",
      "/things/1",
      {},
      ok({ id: "1" }, { status: 201 }),
      "status 201 is not documented",
    ],
    [
      "with 405 for a documented method",
      "/things/1",
      {},
      refused(405),
      "status 405 to a method that is documented",
    ],
    [
      "with an undocumented content type",
      "/things/1",
      {},
      new Response("x"),
      "content type text/plain is not documented",
    ],
    ["without a content type", "/things/1", {}, new Response(new Uint8Array(1)), "content type is missing"],
    ["with invalid JSON", "/things/1", {}, new Response("{", { headers: JSON_TYPE }), "the body is not JSON"],
    ["without a required field", "/things/1", {}, ok({}), "body: must have required property 'id'"],
    [
      "with an undocumented field",
      "/things/1",
      {},
      ok({ id: "1", x: 1 }),
      "body: must NOT have unevaluated properties (x)",
    ],
    [
      "with an undocumented header",
      "/things/1",
      {},
      ok({ id: "1" }, { headers: { "X-New": "1" } }),
      "header x-new is not documented",
    ],
    ["without a required header", "/things", { headers: KEY }, ok([]), "header x-total is missing"],
    [
      "with a header of the wrong type",
      "/things",
      { headers: KEY },
      ok([], { headers: { "X-Total": "x" } }),
      "header x-total (x): must be integer",
    ],
    [
      "with a content type but no body",
      "/things/new",
      {},
      new Response(null, { status: 204, headers: JSON_TYPE }),
      "content type application/json of no body",
    ],
    [
      "with a problem of another status",
      "/things/1",
      {},
      refused(404, { status: 400 }),
      "a problem of status 400",
    ],
    [
      "with a problem that has another request id",
      "/things/1",
      {},
      refused(404, { requestId: "r2" }),
      "a problem of another request",
    ],
    [
      "with a problem whose error and detail differ",
      "/things/1",
      {},
      refused(404, { error: "a", detail: "b" }),
      "a problem whose error is not its detail",
    ],
    [
      "with 200 for an undocumented path",
      "/nowhere",
      {},
      ok({}),
      "status 200 outside of all documented operations",
    ],
  ])("%s", async (_, url, request, reply, violation) => {
    expect(await against(url, request, reply)).toEqual([`- ${violation}`]);
  });
});

describe("a closed schema of a composed object", () => {
  const member = (name: string) => ({ properties: { [name]: { type: "string" } } });
  const composed = { allOf: [member("a"), member("b")], anyOf: [member("c"), { type: "null" }] };

  test("accepts the members of all its parts, and no others", () => {
    expect(validationErrors(closed(composed), { a: "1", b: "2", c: "3" }, "it")).toEqual([]);
    expect(validationErrors(closed(composed), { a: "1", d: "4" }, "it")).toEqual([
      "it: must NOT have unevaluated properties (d)",
    ]);
  });

  test("accepts any member if it declares none", () => {
    expect(validationErrors(closed({ anyOf: [{}, { type: "null" }] }), { x: 1 }, "it")).toEqual([]);
  });
});
