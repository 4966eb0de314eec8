/** Every invalid body gets a problem with the right status, never a 500 and never a hang. */
import { describe, expect, test } from "vitest";
import { streamed } from "./testing/bodies.testing";
import { as, send, useEngine, type Call } from "./testing/engine.testing";
import { json, problem } from "./testing/replies.testing";

useEngine();

const MIB = 1024 * 1024;

/** Posts bytes or text as a JSON body. */
async function post(body: string | Uint8Array<ArrayBuffer>, call?: Call): Promise<Response> {
  const { key } = call ?? (await as("ada"));
  return send("/api/keys", {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body,
  });
}

/** Posts a body without a Content-Length. */
async function stream(bytes: number): Promise<Response> {
  const { key } = await as("ada");
  const headers = { "X-API-Key": key, "Content-Type": "application/json" };
  // `fetch` requires `duplex` for a stream. The DOM's types do not contain it.
  const init = { method: "POST", headers, body: streamed(padded(bytes)), duplex: "half" } as RequestInit;
  return send("/api/keys", init);
}

/** The fields of a valid key as JSON, without the closing brace. */
const FIELDS = '{"name":"bolt","scopes":["*"]';
/** Returns a valid key as JSON of this many bytes. */
const padded = (bytes: number) => FIELDS.padEnd(bytes - 1, " ") + "}";
/** Returns nested arrays in an object, with this many levels including the object. */
const nested = (levels: number) => `{"deep":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

describe("a body that is not JSON", () => {
  test.each([
    "",
    " ",
    "{",
    "nul",
    `${FIELDS},}`,
    `${FIELDS}} x`,
    "{name:1}",
    '{"name":"\t","scopes":["*"]}',
    "NaN",
    "[1,]",
  ])("%j", async (body) => {
    expect((await problem(post(body), 400, "invalid_json")).detail).toBe("Invalid JSON body");
  });

  test("a missing body", async () => {
    const call = await as("ada");
    const reply = call("POST", "/api/keys", undefined, { "Content-Type": "application/json" });
    await problem(reply, 400, "invalid_json");
  });

  test.each([
    ["a byte that never occurs", [0xff]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character cut short", [0xe2, 0x82]],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
  ])("bytes that are not UTF-8: %s", async (_, bytes) => {
    const [before, after] = ['{"scopes":["*"],"name":"', '"}'].map((text) => [
      ...new TextEncoder().encode(text),
    ]);
    await problem(
      post(Uint8Array.from([...(before ?? []), ...bytes, ...(after ?? [])])),
      400,
      "invalid_json",
    );
  });

  test("UTF-16", async () => {
    const body = Uint8Array.from(Buffer.from(`\uFEFF${FIELDS}}`, "utf16le"));
    await problem(post(body), 400, "invalid_json");
  });
});

test("a byte order mark before the JSON is accepted", async () => {
  expect(await json(post(`\uFEFF${FIELDS}}`), 201)).toMatchObject({ name: "bolt" });
});

describe("valid JSON that no field accepts", () => {
  test.each([
    String.raw`{"name":"a\ud800","scopes":["*"]}`,
    String.raw`{"name":"\udc00\ud83d","scopes":["*"]}`,
    String.raw`{"x":["\udfff"]}`,
  ])("a lone surrogate: %s", async (body) => {
    const { detail } = await problem(post(body), 400, "invalid_request");
    expect(detail).toMatch(/^(name|x\.0): contains a lone surrogate$/);
  });

  test("a lone surrogate in a field's name", async () => {
    const { detail } = await problem(post(FIELDS + String.raw`,"\ud800":1}`), 400, "invalid_request");
    expect(detail).toBe("body: has a field name with a lone surrogate");
  });

  test("a surrogate pair is accepted as one character", async () => {
    const body = String.raw`{"name":"\ud83d\ude00","scopes":["*"]}`;
    expect(await json(post(body), 201)).toMatchObject({ name: "😀" });
  });

  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "a field %s",
    async (field) => {
      const { errors } = await problem(
        post(`${FIELDS},"${field}":{"polluted":true}}`),
        400,
        "invalid_request",
      );
      expect(errors).toEqual([{ in: "body", path: field, message: "is not a known field" }]);
      expect("polluted" in {}).toBe(false);
    },
  );

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "a query parameter %s",
    async (name) => {
      const reply = (await as("ada"))("GET", `/api/keys?${name}=1`);
      const { errors } = await problem(reply, 400, "invalid_request");
      expect(errors).toEqual([{ in: "query", path: name, message: "is not a known query parameter" }]);
    },
  );

  test("64 levels are within the limit, 65 and 500,000 are too deep", async () => {
    expect((await problem(post(nested(64)), 400, "invalid_request")).detail).toContain(
      "3 fields are invalid",
    );
    for (const levels of [65, 500_000])
      expect((await problem(post(nested(levels)), 400, "invalid_request")).detail).toBe(
        "body: must not be nested deeper than 64 levels",
      );
  });

  test("the reply names the first 100 of 50,000 unknown fields", async () => {
    const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`f${n}`, 0]));
    const { errors } = await problem(
      post(JSON.stringify({ name: "bolt", scopes: ["*"], ...fields })),
      400,
      "invalid_request",
    );
    expect(errors).toHaveLength(100);
  });
});

describe("size", () => {
  test("with a Content-Length, 1 MiB is accepted and one more byte is refused", async () => {
    await json(post(padded(MIB)), 201);
    const { detail } = await problem(post(padded(MIB + 1)), 413, "payload_too_large");
    expect(detail).toBe("The body is larger than 1048576 bytes");
  });

  test("without a Content-Length, 1 MiB is accepted and one more byte is refused", async () => {
    await json(stream(MIB), 201);
    await problem(stream(MIB + 1), 413, "payload_too_large");
  });

  test("the limit counts bytes, not characters", async () => {
    await problem(post(padded(MIB - 1).replace("bolt", "böllt")), 413, "payload_too_large");
  });
});
