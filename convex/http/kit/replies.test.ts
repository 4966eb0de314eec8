/** Replies of every kind but streams: text, bytes, alternatives, headers and statuses. The document describes each. */
import { docsOnly } from "#docsOnly";
import { describe, expect, test } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { describedBy } from "../../../openapi/contract/described";
import { replyViolations } from "../../../openapi/contract/reply";
import { api } from "../api.app";
import { fakeContext } from "../testing/fakeContext.testing";
import { contract } from "./contract.kit";
import { implement } from "./implement.kit";
import type { Status } from "./replies.kit";
import { id } from "./values.kit";

const docs = { tag: "Test", summary: "A reply", description: "For these tests." };
const route = { scope: null, unlimited: true } as const;

const CALENDAR = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
const getCalendar = contract("get", "/api/test/calendar", () => ({
  ...route,
  operationId: "getCalendar",
  docs: docsOnly(({ reply, whole, z }) => ({
    ...docs,
    replies: {
      200: reply.text("text/calendar", {
        headers: {
          "Content-Disposition": z.string(),
          "Cache-Control": z.literal("public, max-age=60"),
          "X-Entries": { schema: whole(), description: "The number of entries.", example: 0 },
          "X-Note": { schema: z.exactOptional(z.string()), description: "A note.", example: "new" },
        },
      }),
    },
    examples: { replies: { 200: CALENDAR } },
  })),
}));
implement(api, getCalendar, (c) =>
  Promise.resolve(
    c.body(CALENDAR, 200, {
      "Content-Type": "text/calendar; charset=utf-8",
      "Content-Disposition": 'inline; filename="all.ics"',
      "Cache-Control": "public, max-age=60",
      "X-Entries": "0",
    }),
  ),
);

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 255]);
const getPicture = contract("get", "/api/test/pictures/:form", () => ({
  ...route,
  operationId: "getPicture",
  params: { form: id() },
  docs: docsOnly(({ reply }) => ({ ...docs, replies: { 200: reply.binary("image/png") } })),
}));
const FORMS = {
  bytes: () => PNG,
  buffer: () => PNG.buffer,
  blob: () => new Blob([PNG]),
  stream: () => new Blob([PNG]).stream(),
};
implement(api, getPicture, (c) => {
  const form = c.req.valid("param").form as keyof typeof FORMS;
  return Promise.resolve(c.body(FORMS[form](), 200, { "Content-Type": "image/png" }));
});

const getTable = contract("get", "/api/test/table", () => ({
  ...route,
  operationId: "getTable",
  docs: docsOnly(({ reply, z }) => ({
    ...docs,
    replies: { 200: [z.array(z.string()), reply.text("text/csv"), reply.text("text/html")] },
    examples: { replies: { 200: ["a"] } },
  })),
}));
implement(api, getTable, (c) => {
  const accept = c.req.header("Accept");
  if (accept === "text/csv") return Promise.resolve(c.body("a\r\n", 200, { "Content-Type": "text/csv" }));
  if (accept === "text/html") return Promise.resolve(c.body("<p>a", 200, { "Content-Type": "text/html" }));
  return Promise.resolve(c.json(["a"], 200));
});

const getGreeting = contract("get", "/api/test/greeting", () => ({
  ...route,
  operationId: "getGreeting",
  docs: docsOnly(({ reply }) => ({ ...docs, replies: { 200: reply.text("text/plain") } })),
}));
implement(api, getGreeting, (c) => Promise.resolve(c.text("hello", 200)));

const getStatus = contract("get", "/api/test/statuses/:status", () => ({
  ...route,
  operationId: "getStatus",
  params: { status: id() },
  docs: docsOnly(({ reply, whole, z }) => ({
    ...docs,
    replies: {
      200: z.string(),
      201: reply.json(z.string(), { headers: { "Retry-After": whole() } }),
      202: z.string(),
      203: z.string(),
      204: null,
      205: null,
      206: reply.binary(),
      207: z.array(z.string()),
      300: z.array(z.string()),
      301: null,
      302: z.string(),
      303: reply.empty({ headers: { "Retry-After": whole() } }),
      304: null,
      307: null,
      308: null,
    },
  })),
}));
const Location = "/api/test/greeting";
implement(api, getStatus, (c) => {
  const answers = {
    200: () => c.json("done", 200),
    201: () => c.json("made", 201, { Location, "Retry-After": "1" }),
    202: () => c.json("later", 202),
    203: () => c.json("changed", 203),
    204: () => c.body(null, 204),
    205: () => c.body(null, 205),
    206: () => c.body(PNG, 206, { "Content-Type": "image/png", "Content-Range": "bytes 0-5/9" }),
    207: () => c.json(["one", "two"], 207),
    300: () => c.json(["/a", "/b"], 300),
    301: () => c.body(null, 301, { Location }),
    302: () => c.json("found", 302, { Location }),
    303: () => c.body(null, 303, { Location, "Retry-After": "1" }),
    304: () => c.body(null, 304),
    307: () => c.body(null, 307, { Location }),
    308: () => c.body(null, 308, { Location }),
  } satisfies { [S in Exclude<Status, 503>]: unknown };
  return Promise.resolve(answers[Number(c.req.valid("param").status) as keyof typeof answers]());
});

const INFO = { title: "Replies", version: "1", description: "" };
const contracts = [getCalendar, getPicture, getTable, getGreeting, getStatus];
const document = describedBy(openApiDocument(INFO, contracts));
/** Each reply is checked against the document. */
const { send } = fakeContext({}, document);

describe("text", () => {
  test("has the declared media type and headers, which may replace the defaults of the pipeline", async () => {
    const reply = await send("/api/test/calendar");
    expect(await reply.text()).toBe(CALENDAR);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-type": "text/calendar; charset=utf-8",
      "content-disposition": 'inline; filename="all.ics"',
      "cache-control": "public, max-age=60",
      "x-entries": "0",
    });
    expect(reply.headers.has("x-note")).toBe(false);
  });

  test("may be plain", async () => {
    const reply = await send("/api/test/greeting");
    expect([reply.headers.get("content-type"), await reply.text()]).toEqual([
      "text/plain; charset=UTF-8",
      "hello",
    ]);
  });

  test("has no body for HEAD", async () => {
    const reply = await send("/api/test/calendar", { method: "HEAD" });
    expect([reply.status, reply.headers.get("x-entries"), await reply.text()]).toEqual([200, "0", ""]);
  });
});

test.each(Object.keys(FORMS))("bytes may be sent as a %s", async (form) => {
  const reply = await send(`/api/test/pictures/${form}`);
  expect(reply.headers.get("content-type")).toBe("image/png");
  expect(new Uint8Array(await reply.arrayBuffer())).toEqual(PNG);
});

test.each([
  ["application/json", '["a"]'],
  ["text/csv", "a\r\n"],
  ["text/html", "<p>a"],
])("one status may have several media types: %s", async (type, body) => {
  const reply = await send("/api/test/table", { headers: { Accept: type } });
  expect([reply.headers.get("content-type"), await reply.text()]).toEqual([type, body]);
});

test("a page of another origin may read a reply's own headers", async () => {
  const ofCalendar = await send("/api/test/calendar");
  const ofTable = await send("/api/test/table");
  const common = ofTable.headers.get("access-control-expose-headers") ?? "";
  expect(common).not.toMatch(/x-entries|content-type|vary/i);
  expect(ofCalendar.headers.get("access-control-expose-headers")).toBe(`${common}, x-entries`);
});

const STATUSES = [200, 201, 202, 203, 204, 205, 206, 207, 300, 301, 302, 303, 304, 307, 308];
test.each(STATUSES)("the status %i is sent as declared and described", async (status) => {
  const reply = await send(`/api/test/statuses/${status}`);
  expect(reply.status).toBe(status);
  expect(reply.headers.has("location")).toBe([201, 301, 302, 303, 307, 308].includes(status));
});

describe("the document", () => {
  const operation = (name: string) => document.operations.find(({ operationId }) => operationId === name);

  test("describes own headers, and shares the description of well-known ones", () => {
    const headers = operation("getCalendar")?.responses["200"]?.headers;
    expect(headers?.["X-Entries"]).toMatchObject({
      description: "The number of entries.",
      required: true,
      schema: { type: "integer" },
    });
    expect(headers?.["X-Note"]).not.toHaveProperty("required");
    expect(headers?.["Cache-Control"]).toMatchObject({
      description: "The caching rules for the reply (RFC 9111).",
      schema: { const: "public, max-age=60" },
    });
    expect(headers?.["Content-Disposition"]).toHaveProperty("description");
  });

  test("lists the alternatives of a status, and the example for the first", () => {
    const content = operation("getTable")?.responses["200"]?.content ?? {};
    expect(Object.keys(content)).toEqual(["application/json", "text/csv", "text/html"]);
    expect(content["application/json"]).toMatchObject({ example: ["a"] });
  });

  test.each([
    ["another media type", { "content-type": "text/csv" }, "content type text/csv is not documented"],
    ["a missing header", { "x-entries": null }, "header X-Entries is missing"],
    ["a header of another form", { "x-entries": "many" }, "header x-entries (many): must be integer"],
    ["an undeclared header", { "x-more": "1" }, "header x-more is not documented"],
  ])("does not allow %s", async (_, changes, violation) => {
    const { status, headers, ...reply } = await send("/api/test/calendar").then(async (sent) => ({
      status: sent.status,
      headers: new Headers(sent.headers),
      body: await sent.text(),
    }));
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    const exchange = {
      method: "GET",
      path: "/api/test/calendar",
      request: undefined,
      status,
      headers,
      ...reply,
    };
    const found = operation("getCalendar");
    if (!found) throw new Error("getCalendar is not described");
    expect(replyViolations(found, exchange).join("\n").toLowerCase()).toContain(violation.toLowerCase());
  });
});
