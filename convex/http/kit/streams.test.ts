/** Streams in the process of the test, where each step of the source can be seen. `streamSockets.test.ts` has the sockets. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { describedBy } from "../../../openapi/contract/described";
import { itemViolations } from "../../../openapi/contract/stream";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { fakeContext } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";
import {
  reset,
  send as sendText,
  state,
  STREAM_CONTRACTS,
  streamRoutes,
} from "../testing/streamRoutes.testing";

streamRoutes(api);

const INFO = { title: "Streams", version: "1", description: "" };
const document = describedBy(openApiDocument(INFO, STREAM_CONTRACTS));
/** Reads each reply to its end, and checks it against the document. */
const { send } = fakeContext({}, document);
/** Does not read the reply. */
const open = (path: string, init?: RequestInit) =>
  api.fetch(new Request(`https://api.example.test${path}`, init), {} as ActionCtx);

const lines = async (reply: Response): Promise<unknown[]> =>
  (await reply.text())
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

/** Reads events one part at a time. */
function reading(reply: Response) {
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  return {
    next: async () => new TextDecoder().decode((await reader.read()).value),
    cancel: () => reader.cancel(),
  };
}

beforeEach(reset);

describe("lines", () => {
  test("are sent as NDJSON, with the declared headers", async () => {
    const reply = await send("/api/test/lines?count=3");
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    expect(reply.headers.get("x-rows")).toBe("3");
    expect(reply.headers.get("x-accel-buffering")).toBe("no");
    expect(await lines(reply)).toEqual([0, 1, 2].map((n) => ({ n, text: "x" })));
    expect(state).toEqual({ pulled: 3, returned: 1, aborted: 1 });
  });

  test("may be none", async () => {
    const reply = await send("/api/test/lines?count=0");
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
  });

  test("are requested only when the client takes them", async () => {
    const { next, cancel } = reading(await open("/api/test/lines?count=1000"));
    expect(state.pulled).toBe(1);
    for (const n of [0, 1, 2]) expect(JSON.parse(await next())).toEqual({ n, text: "x" });
    expect(state.pulled).toBe(3);
    await cancel();
    expect(state).toEqual({ pulled: 3, returned: 1, aborted: 1 });
  });

  test("end with the declared last line before a limit of size", async () => {
    // A line has 20 bytes.
    expect(await lines(await send("/api/test/lines?count=9&size=3&maxBytes=50"))).toEqual([
      { n: 0, text: "xxx" },
      { n: 1, text: "xxx" },
      { next: 2 },
    ]);
    expect(state).toEqual({ pulled: 3, returned: 1, aborted: 1 });
  });

  test("end before the 20 MiB of Convex, whatever limit the handler sets", async () => {
    const text = await (await open("/api/test/lines?count=9999&size=1000000&maxBytes=90000000")).text();
    expect(text.length).toBeLessThan(20 * 1024 * 1024);
    expect(text).toMatch(/\n\{"next":20\}\n$/);
  });

  test("end with the declared last line when time is over, even while the source waits", async () => {
    const reply = await send("/api/test/lines?count=9&waitAt=2&endAfterMs=20");
    expect((await lines(reply)).at(-1)).toEqual({ next: 2 });
    await expect.poll(() => state).toMatchObject({ returned: 1, aborted: 1 });
  });

  test("without a declared last line end with a problem at a limit", async () => {
    const all = await lines(await send("/api/test/endless"));
    expect(all.at(-1)).toMatchObject({ problem: { status: 500, code: "internal" } });
  });

  test.each([
    ["an unexpected error", "failAt", 500, "internal"],
    ["a refusal", "refuseAt", 404, "not_found"],
  ] as const)("before the first line, %s is a problem", async (_, at, status, code) => {
    await problem(open(`/api/test/lines?count=9&${at}=0`), status, code);
    expect(state).toEqual({ pulled: 1, returned: 1, aborted: 1 });
  });

  test.each([
    ["an unexpected error", "failAt", { status: 500, code: "internal", detail: "Internal server error" }],
    ["a refusal", "refuseAt", { status: 404, code: "not_found", detail: "No such row" }],
  ] as const)("after the first line, %s is the last line, and is logged", async (_, at, expected) => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const reply = await send(`/api/test/lines?count=9&${at}=2`, { headers: { "X-Request-Id": "r1" } });
    const all = await lines(reply);
    expect(all).toHaveLength(3);
    expect(all.at(-1)).toMatchObject({ problem: { ...expected, requestId: "r1" } });
    expect(JSON.stringify(all)).not.toContain("secret");
    const logged = JSON.parse(String(log.mock.calls.at(-1)?.[0])) as unknown;
    expect(logged).toMatchObject({ event: "stream_failed", requestId: "r1", code: expected.code });
    expect(JSON.stringify(logged)).toContain(at === "failAt" ? "Error: secret" : "No such row");
    expect(state.returned).toBe(1);
  });

  test("a line that does not fit its schema breaks the contract", () => {
    const [operation] = document.operations;
    const schema = operation?.responses["200"]?.content?.["application/x-ndjson"]?.["x-itemSchema"] ?? {};
    const check = (body: string) => itemViolations(schema, "application/x-ndjson", body);
    expect(check('{"n":1,"text":"a"}\n{"next":2}\n')).toEqual([]);
    for (const line of [
      '{"n":"1","text":"a"}\n',
      '{"n":1,"text":"a","more":1}\n',
      "{\n",
      '{"n":1,"text":"a"}',
    ])
      expect(check(line), line).not.toEqual([]);
  });
});

describe("the deadline of the request", () => {
  beforeEach(() => vi.stubEnv("REQUEST_TIMEOUT_MS", "20"));

  test("does not end a stream that has begun", async () => {
    const { next, cancel } = reading(await open("/api/test/events"));
    await next();
    for (let heartbeats = 0; heartbeats < 5; heartbeats++) expect(await next()).toBe(": heartbeat\n\n");
    sendText("late");
    await expect.poll(next).toContain("late");
    await cancel();
  });

  test("refuses a stream whose first line takes too long, and stops its source", async () => {
    await problem(open("/api/test/lines?count=9&waitAt=0"), 503, "timed_out");
    sendText("late");
    await expect.poll(() => state).toMatchObject({ pulled: 1, returned: 1, aborted: 1 });
  });
});

describe("events", () => {
  test("are sent with their name, id and data, and the last id of a client that reconnects", async () => {
    const headers = { "Last-Event-ID": "41" };
    const reply = await open("/api/test/events", { headers });
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    const { next, cancel } = reading(reply);
    expect(await next()).toBe('event: hello\nid: 1\ndata: {"lastEventId":"41"}\n\n');
    sendText("two\nlines");
    let text = await next();
    while (text.startsWith(":")) text = await next();
    expect(text).toBe('data: {"text":"two\\nlines"}\n\n');
    await cancel();
    expect(state).toMatchObject({ returned: 1, aborted: 1 });
  });

  test("end after the set time, and the source is stopped", async () => {
    const text = await (await send("/api/test/events?endAfterMs=50")).text();
    expect(text).toMatch(/^event: hello\nid: 1\ndata: \{\}\n\n(: heartbeat\n\n)*$/);
    await expect.poll(() => state).toMatchObject({ returned: 1, aborted: 1 });
  });

  test("a refusal before the first event is a problem", async () => {
    await problem(open("/api/test/events?refuse=1"), 404, "not_found");
  });

  test("an error after the first event is an event of its own, and ends the stream", async () => {
    sendText("fail");
    const text = await (await send("/api/test/events")).text();
    expect(text).toMatch(/event: problem\ndata: \{[^\n]+"code":"internal"[^\n]+\}\n\n$/);
  });
});

test.each(["lines?count=3", "events"])("HEAD of %s has the headers, and starts no source", async (path) => {
  const reply = await send(`/api/test/${path}`, { method: "HEAD" });
  expect([reply.status, await reply.text(), state.pulled]).toEqual([200, "", 0]);
  expect(reply.headers.get("content-type")).toMatch(/^(application\/x-ndjson|text\/event-stream)$/);
});

test("the client's signal stops a source, as on Convex, which does not cancel the body", async () => {
  const leaving = new AbortController();
  const { next } = reading(await open("/api/test/events", { signal: leaving.signal }));
  await next();
  leaving.abort();
  await expect.poll(() => state).toMatchObject({ returned: 1, aborted: 1 });
});

test("the document describes Last-Event-ID of events, and the items of each stream", () => {
  const [lines, , events] = document.operations;
  expect(events?.parameters.map(({ name }) => name)).toContain("Last-Event-ID");
  expect(lines?.parameters.map(({ name }) => name)).not.toContain("Last-Event-ID");
  const names = (operation: typeof events, type: string) =>
    operation?.responses["200"]?.content?.[type]?.["x-itemSchema"]?.["anyOf"];
  expect(names(lines, "application/x-ndjson")).toHaveLength(3);
  expect(names(events, "text/event-stream")).toMatchObject(
    ["hello", "message", "problem"].map((name) => ({ properties: { event: { const: name } } })),
  );
  expect(lines?.responses["200"]?.headers?.["X-Rows"]).toMatchObject({
    required: true,
    schema: { type: "integer" },
  });
});
