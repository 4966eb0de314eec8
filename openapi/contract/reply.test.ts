import { describe, expect, test } from "vitest";
import { closed, misfits } from "./schemas";
import { against, JSON_TYPE, KEY, ok, refused, useNotes } from "./things.fixture";

useNotes();

describe("a reply is a violation", () => {
  test.each<[string, string, RequestInit, Response, string]>([
    ["of another status", "/things/1", {}, ok({ id: "1" }, { status: 201 }), "status 201 is not documented"],
    [
      "405 to a method that there is",
      "/things/1",
      {},
      refused(405),
      "status 405 to a method that is documented",
    ],
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
