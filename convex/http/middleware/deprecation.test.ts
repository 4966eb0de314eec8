import { docsOnly } from "#docsOnly";
import { describe, expect, test } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { describedBy } from "../../../openapi/contract/described";
import { fail } from "../../lib/failure.lib";
import { api } from "../api.app";
import { contract } from "../kit/contract.kit";
import { implement } from "../kit/implement.kit";
import { id } from "../kit/values.kit";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";

const docs = { tag: "Test", summary: "An old thing", description: "For these tests." };

const ending = contract("get", "/api/old/:shelf/:thing", () => ({
  operationId: "getOldThing",
  scope: "jobs:read",
  conditional: true,
  deprecated: {
    since: "2026-01-31",
    sunset: "2026-07-31",
    successor: "/api/new/:thing",
    guide: "https://example.com/new",
  },
  params: { shelf: id(), thing: id() },
  docs: docsOnly(({ z }) => ({ ...docs, replies: { 200: z.object({ thing: z.string() }) } })),
}));
const paged = contract("get", "/api/old", () => ({
  operationId: "listOldThings",
  scope: null,
  paged: true,
  deprecated: { since: "2026-01-31", successor: "/api/new" },
  docs: docsOnly(({ z }) => ({ ...docs, replies: { 200: z.array(z.string()) } })),
}));
const going = contract("delete", "/api/old/:thing", () => ({
  operationId: "deleteOldThing",
  scope: null,
  deprecated: { since: "2026-01-31" },
  params: { thing: id() },
  docs: docsOnly(() => ({ ...docs, replies: { 204: null } })),
}));

// The product has no deprecated route, so this file adds its own.
implement(api, ending, (c) => {
  const { thing } = c.req.valid("param");
  return Promise.resolve(
    thing === "lost" ? fail("not_found", "No thing") : c.json({ thing }, 200, { ETag: '"1"' }),
  );
});
implement(api, paged, (c) => Promise.resolve(c.json([], 200, c.var.page.link({ time: 1, id: "a" }))));
implement(api, going, (c) => Promise.resolve(c.body(null, 204)));

const { key, answers } = await goodKey();
const INFO = { title: "Old", version: "1", description: "" };
const { send } = fakeContext(answers, describedBy(openApiDocument(INFO, await api.contracts())));
const KEY = { "X-API-Key": key };

/** Returns the status and the deprecation headers of a reply. */
const announced = ({ status, headers }: Response) => ({
  status,
  deprecation: headers.get("deprecation"),
  sunset: headers.get("sunset"),
  link: headers.get("link"),
});

describe("every reply of a deprecated route has the deprecation headers", () => {
  const whole = {
    deprecation: "@1769817600",
    sunset: "Fri, 31 Jul 2026 00:00:00 GMT",
    link: '</api/new/a%20b>; rel="successor-version", <https://example.com/new>; rel="deprecation"',
  };
  const path = "/api/old/top/a%20b";

  test.each<[string, number, string, RequestInit]>([
    ["a success", 200, path, { headers: KEY }],
    ["a reply to HEAD", 200, path, { headers: KEY, method: "HEAD" }],
    ["an unchanged reply", 304, path, { headers: { ...KEY, "If-None-Match": '"1"' } }],
    ["a refusal of the credential", 401, path, {}],
    ["a refusal of the input", 400, `${path}?unknown=1`, { headers: KEY }],
  ])("%s: %i", async (_, status, url, init) => {
    expect(announced(await send(url, init))).toEqual({ status, ...whole });
  });

  test("a refusal by the handler", async () => {
    const reply = await send("/api/old/top/lost", { headers: KEY });
    const link = whole.link.replace("a%20b", "lost");
    expect(announced(reply)).toEqual({ ...whole, status: 404, link });
  });
});

test("the link to the next page is kept", async () => {
  const link = (await send("/api/old?limit=1")).headers.get("link");
  expect(link).toMatch(
    /^<\/api\/old\?limit=1&cursor=[^>]+>; rel="next", <\/api\/new>; rel="successor-version"$/,
  );
});

test("a route without a sunset or a successor sends only Deprecation", async () => {
  const expected = { status: 204, deprecation: "@1769817600", sunset: null, link: null };
  expect(announced(await send("/api/old/a", { method: "DELETE" }))).toEqual(expected);
});

test("other routes and other methods of the path have no deprecation headers", async () => {
  const nothing = { deprecation: null, sunset: null, link: null };
  expect(announced(await send("/health"))).toEqual({ status: 200, ...nothing });
  expect(announced(await send("/api/old", { method: "PUT" }))).toEqual({ status: 405, ...nothing });
});

describe("the document", () => {
  const document = openApiDocument(INFO, [ending, paged, going]);
  const paths = document["paths"] as Record<string, Record<string, Record<string, unknown>>>;

  test("marks the operation, with its dates", () => {
    const operation = paths["/api/old/{shelf}/{thing}"]?.["get"];
    expect(operation).toMatchObject({
      deprecated: true,
      "x-deprecated-since": "2026-01-31",
      "x-sunset": "2026-07-31",
    });
    expect(operation?.["description"]).toMatch(
      /^Deprecated since 2026-01-31\. It may be removed from 2026-07-31 on\. Its successor is `\/api\/new\/\{thing\}`\./,
    );
    expect(paths["/api/old"]?.["get"]).not.toHaveProperty("x-sunset");
  });

  test("has the headers on every reply of the operation, and no others", () => {
    const names = new Map(
      describedBy(document).operations.map(({ operationId, responses }) => {
        // A 405 reply does not come from the operation.
        const { 405: _, ...own } = responses;
        const replies = Object.values(own).map(({ headers = {} }) =>
          ["Deprecation", "Sunset", "Link"].filter((name) => name in headers).join(),
        );
        return [operationId, [...new Set(replies)]];
      }),
    );
    expect(Object.fromEntries(names)).toEqual({
      getOldThing: ["Deprecation,Sunset,Link"],
      listOldThings: ["Deprecation,Link"],
      deleteOldThing: ["Deprecation"],
    });
  });
});
