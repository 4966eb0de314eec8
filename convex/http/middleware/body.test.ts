import { STEPS } from "#routes";
import { Hono } from "hono";
import * as z from "zod/mini";
import { describe, expect, test, vi } from "vitest";
import { failureOf, type Failure } from "../../lib/failure.lib";
import type { Endpoint } from "../kit/api.kit";
import type { ApiEnv } from "../kit/env.kit";
import { takeBody } from "./body.middleware";
import { JSON_LIMIT } from "../kit/limits.kit";
import { requireDeclaredLength } from "./bodyLimit.middleware";

const anyJson: Endpoint = {
  method: "post",
  path: "/",
  operationId: "takeAnything",
  scope: null,
  body: { type: "json", schema: ({ z }) => z.unknown() },
  handle: () => Promise.reject(new Error("never called")),
};
const { body: _, ...bodyless } = anyJson;

type Outcome = { value: unknown } | { failure: Failure | undefined };

/** Returns the value that the route would get, or the failure that refused the request. */
async function outcome(init: RequestInit, endpoint: Endpoint = anyJson): Promise<Outcome> {
  let found: Outcome = { failure: undefined };
  const app = new Hono<ApiEnv>();
  app.all("/", async (c) => {
    try {
      requireDeclaredLength(c, endpoint);
      if (endpoint.body) await takeBody(c, endpoint.body, STEPS);
      found = { value: endpoint.body ? await c.req.json() : "not read" };
    } catch (error) {
      found = { failure: failureOf(error) };
    }
    return c.body(null);
  });
  const headers = new Headers({
    "Content-Type": "application/json",
    ...(init.headers as Record<string, string>),
  });
  await app.request("/", { method: "POST", duplex: "half", ...init, headers } as RequestInit);
  return found;
}
const refusal = async (...args: Parameters<typeof outcome>) => {
  const found = await outcome(...args);
  return "failure" in found ? found.failure : undefined;
};

/** A body in chunks that records how many chunks were pulled. */
function chunked(chunks: number, bytes: number) {
  const pulled = vi.fn();
  const cancelled = vi.fn();
  let left = chunks;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled();
        if (left-- === 0) controller.close();
        else controller.enqueue(new Uint8Array(bytes).fill(0x20));
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  );
  return { body, pulled, cancelled };
}

describe("any JSON value is a body", () => {
  test.each(["null", "true", "0", '""', "[]", "{}", '{"a":[1,{"b":null}]}', " 1 ", '"\\ud83d\\ude00"'])(
    "%s",
    async (body) => {
      expect(await outcome({ body })).toEqual({ value: JSON.parse(body) as unknown });
    },
  );

  test("a field named __proto__ is an ordinary field and does not change the prototype", async () => {
    const found = await outcome({ body: '{"__proto__":{"a":1},"constructor":2}' });
    const value = "value" in found ? (found.value as object) : {};
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe("nesting", () => {
  const arrays = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const objects = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

  test.each([arrays, objects])("64 levels are accepted and 65 are refused", async (nest) => {
    expect(await outcome({ body: nest(64) })).toEqual({ value: JSON.parse(nest(64)) as unknown });
    for (const levels of [65, 100_000])
      expect(await refusal({ body: nest(levels) })).toMatchObject({
        code: "invalid_request",
        detail: "body: must not be nested deeper than 64 levels",
      });
  });
});

describe("lone surrogates", () => {
  test.each([
    [String.raw`"\ud800"`, "body: contains a lone surrogate", ""],
    [String.raw`{"a":["x","\udc00"]}`, "a.1: contains a lone surrogate", "a.1"],
    [String.raw`{"a":{"\ud800":1}}`, "a: has a field name with a lone surrogate", "a"],
  ])("%s", async (body, detail, path) => {
    expect(await refusal({ body })).toMatchObject({
      code: "invalid_request",
      detail,
      errors: [{ in: "body", path }],
    });
  });
});

describe("the limit", () => {
  const declared = (length: string) => ({ body: "{}", headers: { "Content-Length": length } });

  test("applies to the declared length before the body is read", async () => {
    const { body, pulled } = chunked(1, 1);
    const headers = { "Content-Length": String(JSON_LIMIT + 1) };
    expect(await refusal({ body, headers })).toMatchObject({ code: "payload_too_large" });
    expect(pulled).not.toHaveBeenCalled();
    expect(await outcome(declared(String(JSON_LIMIT)))).toEqual({ value: {} });
  });

  test.each(["nonsense", "-1", ""])("ignores an invalid declared length of %j", async (length) => {
    expect(await outcome(declared(length))).toEqual({ value: {} });
  });

  test("applies to the received bytes, even if the declared length is smaller", async () => {
    const body = " ".repeat(JSON_LIMIT - 1) + "{}";
    expect(await refusal({ body, headers: { "Content-Length": "2" } })).toMatchObject({
      code: "payload_too_large",
    });
  });

  test("stops reading a body without a declared length", async () => {
    const { body, pulled, cancelled } = chunked(1000, JSON_LIMIT / 4);
    expect(await refusal({ body })).toMatchObject({ code: "payload_too_large" });
    expect(pulled).toHaveBeenCalledTimes(5);
    expect(cancelled).toHaveBeenCalled();
  });

  test("is inclusive: a body of exactly that length is accepted", async () => {
    for (const headers of [{}, { "Content-Length": String(JSON_LIMIT) }])
      expect(await outcome({ body: "1".padEnd(JSON_LIMIT), headers })).toEqual({ value: 1 });
  });

  test.each([{}, { "Content-Length": "15" }])("an incomplete body returns 400: %j", async (headers) => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("aborted")),
    });
    expect(await refusal({ body, headers })).toMatchObject({
      code: "invalid_request",
      detail: "body: was not received completely",
    });
  });

  test("a character may span several chunks", async () => {
    const bytes = new TextEncoder().encode('"😀"');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await outcome({ body })).toEqual({ value: "😀" });
  });
});

describe("an optional body", () => {
  const body = { type: "json", schema: () => z.unknown(), optional: true } as const;
  const optional: Endpoint = { ...anyJson, body };

  test("that is absent becomes an empty object, with or without a media type", async () => {
    expect(await outcome({}, optional)).toEqual({ value: {} });
    expect(await outcome({ body: "" }, optional)).toEqual({ value: {} });
  });

  test("that is present is validated like any other body", async () => {
    expect(await outcome({ body: '{"a":1}' }, optional)).toEqual({ value: { a: 1 } });
    expect(await refusal({ body: "{" }, optional)).toMatchObject({ code: "invalid_json" });
    expect(await refusal({ body: " " }, optional)).toMatchObject({ code: "invalid_json" });
    const headers = { "Content-Type": "text/plain" };
    expect(await refusal({ body: "{}", headers }, optional)).toMatchObject({
      code: "unsupported_media_type",
    });
  });
});

test("a route without a body does not read the body of a request", async () => {
  const { body, pulled } = chunked(3, 10);
  expect(await outcome({ body, headers: { "Content-Type": "text/plain" } }, bodyless)).toEqual({
    value: "not read",
  });
  expect(pulled).not.toHaveBeenCalled();
});

test.each([
  ["exceeds the memory of the runtime", "QuotaExceededError", /^The server has no memory for this body/],
  ["waits too long in the runtime", "TimeoutError", /^The server is too busy to read this body/],
])("a body that %s gets 503 with Retry-After", async (_, name, detail) => {
  const body = () => new ReadableStream({ pull: () => Promise.reject(new DOMException("refused", name)) });
  for (const headers of [{}, { "Content-Length": "10" }]) {
    expect(await refusal({ body: body(), headers })).toMatchObject({
      code: "unavailable",
      detail: expect.stringMatching(detail) as string,
      headers: { "Retry-After": "1" },
    });
  }
});
