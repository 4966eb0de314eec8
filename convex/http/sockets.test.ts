/** Malformed and truncated HTTP requests on a socket. An incomplete request never creates a resource. */
import { describe, expect, test } from "vitest";
import { as, engineName, onlyOn, send, settle, useEngine, type Call } from "./testing/engine.testing";
import { exchange, head } from "./testing/rawSocket.testing";
import { page, problem } from "./testing/replies.testing";

const REASON = "the mock has no socket";
const BODY = '{"data":"bolt"}';

const wire = (title: string, body: () => Promise<void>) => onlyOn("embedded", REASON, title, body);
/** Defines a block whose tests all need sockets. Vitest refuses an empty block. */
const describeOnSockets = (title: string, body: () => void) => {
  if (engineName === "embedded") describe(title, body);
};

/** Returns the head of a request that creates a job. */
const post = ({ key }: Call, headers: Record<string, string>): string =>
  head("POST /api/process", {
    ...{ "X-API-Key": key, "Content-Type": "application/json", Prefer: "respond-async" },
    ...headers,
  });
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const CHUNKED = { "Transfer-Encoding": "chunked" };

/** Expects that the caller has no jobs, which also shows that the API still replies. */
async function expectNoJobs(call: Call): Promise<void> {
  await settle();
  expect(await page(call("GET", "/api/jobs"))).toEqual([]);
}

describeOnSockets("a body", () => {
  useEngine();

  for (const leaving of ["ends", "vanishes"] as const) {
    wire(`that is truncated creates nothing, if the client ${leaving}`, async () => {
      const call = await as(`cut-${leaving}`);
      await exchange(post(call, { "Content-Length": String(BODY.length) }) + BODY.slice(0, 9), leaving);
      // The received JSON is complete, but the declared body is not.
      await exchange(post(call, { "Content-Length": String(BODY.length + 1) }) + BODY, leaving);
      await exchange(post(call, CHUNKED) + chunk(BODY), leaving);
      await exchange(`${post(call, CHUNKED)}ff\r\n${BODY}`, leaving);
      await expectNoJobs(call);
    });
  }

  wire("that is longer than its Content-Length ends at that length", async () => {
    const call = await as("short");
    const statuses = await exchange(post(call, { "Content-Length": "5" }) + BODY);
    expect(statuses[0]).toBe(400);
    await expectNoJobs(call);
  });

  wire("is separate from the next request on the connection", async () => {
    const call = await as("smuggler");
    const first = post(call, { "Content-Length": "2", Connection: "keep-alive" });
    expect(await exchange(`${first}{}${head("GET /api/jobs")}`)).toEqual([400, 401]);
  });

  const faults: [string, Record<string, string>][] = [
    ["a Content-Length that is not a number", { "Content-Length": "abc" }],
    ["a negative Content-Length", { "Content-Length": "-1" }],
    ["two values in its Content-Length", { "Content-Length": "15, 16" }],
    ["two Content-Length headers", { "Content-Length": "15\r\nContent-Length: 16" }],
    ["a Content-Length and chunks", { "Content-Length": "15", ...CHUNKED }],
  ];
  for (const [fault, headers] of faults) {
    wire(`with ${fault} is refused`, async () => {
      const call = await as("liar");
      expect(await exchange(post(call, headers) + BODY)).toEqual([400]);
      await expectNoJobs(call);
    });
  }

  wire("with an invalid chunk size is refused", async () => {
    const call = await as("chunks");
    expect(await exchange(`${post(call, CHUNKED)}zz\r\n${BODY}\r\n0\r\n\r\n`)).toEqual([400]);
    await expectNoJobs(call);
  });

  wire("in chunks is refused as soon as it exceeds the limit, before it ends", async () => {
    const call = await as("endless");
    const endless = chunk(" ".repeat(65_536)).repeat(17);
    expect(await exchange(post(call, CHUNKED) + endless)).toEqual([413]);
    await expectNoJobs(call);
  });
});

describe("headers", () => {
  useEngine();

  test("a token of 1 MB is refused", async () => {
    const headers = { Authorization: `Bearer a.${"x".repeat(1_000_000)}.c` };
    if (engineName === "embedded") expect(await exchange(head("GET /api/user", headers))).toEqual([431]);
    else await problem(send("/api/user", { headers }), 403, "invalid_credential");
  });

  wire("64 KiB of small headers are refused", async () => {
    const many = Object.fromEntries(Array.from({ length: 1024 }, (_, n) => [`X-${n}`, "x".repeat(55)]));
    expect(await exchange(head("GET /health", many))).toEqual([431]);
  });
});

describeOnSockets("with a request timeout of 200 ms", () => {
  useEngine({ env: { REQUEST_TIMEOUT_MS: "200" } });

  wire("a body shorter than its Content-Length returns 503 after the timeout", async () => {
    const call = await as("patient");
    expect(await exchange(post(call, { "Content-Length": "1000" }) + BODY)).toEqual([503]);
    await expectNoJobs(call);
  });
});
