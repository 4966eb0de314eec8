import { createHash } from "node:crypto";
import { describe, expect, expectTypeOf, test } from "vitest";
import { as, send, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";
import { toJob } from "../../views/job.lib";
import type { Shape } from "../kit/contract.kit";
import type { Job } from "./jobs.contract";

useEngine();

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON values with their canonical forms, which were written by hand from RFC 8785. */
const CANONICAL: [sent: string, canonical: string, type: string][] = [
  ['{"b":1,"a":[ 1, null, "ü" ]}', '{"a":[1,null,"ü"],"b":1}', "object"],
  [
    '{"\\u20ac":"Euro","\\r":"CR","1":"One","\\ud83d\\ude02":"Smiley"}',
    '{"\\r":"CR","1":"One","€":"Euro","😂":"Smiley"}',
    "object",
  ],
  [
    "[ 333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001 ]",
    "[333333333.3333333,1e+30,4.5,0.002,1e-27]",
    "array",
  ],
  ["-0", "0", "number"],
  ['"\\u000f\\"\\\\\\/"', '"\\u000f\\"\\\\/"', "string"],
  ["true", "true", "boolean"],
  ["null", "null", "null"],
];

const process = (call: Call, data: string, headers: Record<string, string> = {}) =>
  send("/api/process", {
    method: "POST",
    body: `{"data":${data}}`,
    headers: { "X-API-Key": call.key, "Content-Type": "application/json", ...headers },
  });
const ASYNC = { Prefer: "respond-async, wait=10" };

describe("synchronously", () => {
  test.each(CANONICAL)("%s is digested in its canonical form", async (sent, canonical, type) => {
    const result = { sha256: sha256(canonical), bytes: Buffer.byteLength(canonical), type };
    expect(await json(process(await as("ada"), sent))).toEqual({ success: true, result });
  });

  test("data is required, and other fields are refused", async () => {
    const call = await as("ada");
    const missing = await problem(call("POST", "/api/process", {}), 400, "invalid_request");
    expect(missing.detail).toBe("Missing required field: data");
    await problem(call("POST", "/api/process", { data: 1, more: 2 }), 400, "invalid_request");
  });
});

/** `Prefer` headers (RFC 7240, section 2), and whether they request a job. */
const PREFERENCES: [header: string, applied: boolean][] = [
  ["Respond-Async", true],
  ["wait=5 , respond-async;x=1", true],
  ['respond-async=""', true],
  ["respond-async = ; x", true],
  ['wait="1, 2";x="a\\", b", respond-async', true],
  ['x="a, respond-async, b"', false],
  ['x="a\\", respond-async, b"', false],
  ['x="a, respond-async', false],
  ["respond-async=no", false],
  ["x; respond-async", false],
  ["respond-asynchronously", false],
  ["respond", false],
];

describe("as a job", () => {
  test("202 has the location of the job, which later has the result", async () => {
    const call = await as("ada");
    const reply = await process(call, "[1,2]", ASYNC);
    const job = await json(reply, 202);
    expect(job).toEqual({ id: expect.any(String) as string, status: "queued" });
    expect(reply.headers.get("preference-applied")).toBe("respond-async");
    const location = reply.headers.get("location") ?? "";
    expect(location).toBe(`/api/jobs/${String(job["id"])}`);

    await settle();
    const result = { sha256: sha256("[1,2]"), bytes: 5, type: "array" };
    const done = await call("GET", location);
    expect(await json(done)).toEqual({ id: job["id"], status: "succeeded", result });
    const conditional = { "If-None-Match": done.headers.get("etag") ?? "" };
    expect((await call("GET", location, undefined, conditional)).status).toBe(304);
  });

  test.each(PREFERENCES)("Prefer: %s is applied: %s", async (Prefer, applied) => {
    const reply = await process(await as("ada"), "1", { Prefer });
    expect(reply.status).toBe(applied ? 202 : 200);
    expect(reply.headers.get("preference-applied")).toBe(applied ? "respond-async" : null);
    await settle();
  });

  test("an input of nearly 1 MiB is accepted", async () => {
    const call = await as("ada");
    const text = "é".repeat(500_000);
    const reply = await process(call, JSON.stringify(text), ASYNC);
    await settle();
    const job = await json(call("GET", reply.headers.get("location") ?? ""));
    expect(job).toMatchObject({ status: "succeeded", result: { sha256: sha256(JSON.stringify(text)) } });
  });

  test("an Idempotency-Key works with an input of quotes, whose escapes double its size", async () => {
    const headers = { ...ASYNC, "Idempotency-Key": "quoted" };
    const data = JSON.stringify('"'.repeat(262_130));
    const call = await as("ada");
    const [first, again] = [await process(call, data, headers), await process(call, data, headers)];
    expect(await json(again, 202)).toEqual(await json(first, 202));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    await settle();
  });

  test("another owner's job and an unknown job return the same problem", async () => {
    const location = (await process(await as("ada"), "1", ASYNC)).headers.get("location") ?? "";
    const eve = await as("eve");
    const another = await problem(eve("GET", location), 404, "not_found");
    const unknown = await problem(eve("GET", "/api/jobs/nothing"), 404, "not_found");
    expect(another.title).toBe(unknown.title);
    await settle();
  });
});

test("events have the shape that the contract declares", () => {
  expectTypeOf(toJob).returns.toExtend<Shape<typeof Job>>();
});
