/** Requests that are broken where they meet the wire. Whatever comes, nothing is made of half a request. */
import { describe, expect, test } from "vitest";
import { as, engineName, onlyOn, send, settle, useEngine, type Call } from "./testing/engine.testing";
import { exchange, head } from "./testing/rawSocket.testing";
import { page, problem } from "./testing/replies.testing";

const REASON = "the mock has no socket";
const BOLT = '{"name":"bolt"}';

const wire = (title: string, body: () => Promise<void>) => onlyOn("embedded", REASON, title, body);
/** No block may be empty. */
const describeOnSockets = (title: string, body: () => void) => {
  if (engineName === "embedded") describe(title, body);
};

const post = ({ key }: Call, headers: Record<string, string>): string =>
  head("POST /api/items", { "X-API-Key": key, "Content-Type": "application/json", ...headers });
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const CHUNKED = { "Transfer-Encoding": "chunked" };

/** Nothing was made, and the API goes on answering. */
async function hasNothing(call: Call): Promise<void> {
  await settle();
  expect(await page(call("GET", "/api/items"))).toEqual([]);
}

describeOnSockets("a body", () => {
  useEngine();

  for (const leaving of ["ends", "vanishes"] as const) {
    wire(`cut off in the middle, where the client ${leaving}, makes nothing`, async () => {
      const call = await as(`cut-${leaving}`);
      await exchange(post(call, { "Content-Length": String(BOLT.length) }) + BOLT.slice(0, 9), leaving);
      // What has come is good JSON; only its end has not been said.
      await exchange(post(call, { "Content-Length": String(BOLT.length + 1) }) + BOLT, leaving);
      await exchange(post(call, CHUNKED) + chunk(BOLT), leaving);
      await exchange(`${post(call, CHUNKED)}ff\r\n${BOLT}`, leaving);
      await hasNothing(call);
    });
  }

  wire("longer than its Content-Length ends where that says", async () => {
    const call = await as("short");
    const statuses = await exchange(post(call, { "Content-Length": "5" }) + BOLT);
    expect(statuses[0]).toBe(400);
    await hasNothing(call);
  });

  wire("has nothing to do with what follows it on the connection", async () => {
    const call = await as("smuggler");
    const first = post(call, { "Content-Length": "2", Connection: "keep-alive" });
    expect(await exchange(`${first}{}${head("GET /api/items")}`)).toEqual([400, 401]);
  });

  const lies: [string, Record<string, string>][] = [
    ["that is no number", { "Content-Length": "abc" }],
    ["below zero", { "Content-Length": "-1" }],
    ["of two minds", { "Content-Length": "15, 16" }],
    ["given twice", { "Content-Length": "15\r\nContent-Length: 16" }],
    ["beside chunks", { "Content-Length": "15", ...CHUNKED }],
  ];
  for (const [what, headers] of lies) {
    wire(`of a Content-Length ${what} is refused`, async () => {
      const call = await as("liar");
      expect(await exchange(post(call, headers) + BOLT)).toEqual([400]);
      await hasNothing(call);
    });
  }

  wire("in chunks of no size is refused", async () => {
    const call = await as("chunks");
    expect(await exchange(`${post(call, CHUNKED)}zz\r\n${BOLT}\r\n0\r\n\r\n`)).toEqual([400]);
    await hasNothing(call);
  });

  wire("in chunks is refused as soon as it is too large, not when it ends", async () => {
    const call = await as("endless");
    const endless = chunk(" ".repeat(65_536)).repeat(17);
    expect(await exchange(post(call, CHUNKED) + endless)).toEqual([413]);
    await hasNothing(call);
  });
});

describe("headers", () => {
  useEngine();

  test("a token of 1 MB is refused", async () => {
    const headers = { Authorization: `Bearer a.${"x".repeat(1_000_000)}.c` };
    if (engineName === "embedded") expect(await exchange(head("GET /api/user", headers))).toEqual([431]);
    else await problem(send("/api/user", { headers }), 403, "invalid_credential");
  });

  wire("64 KiB of them in small ones are refused", async () => {
    const many = Object.fromEntries(Array.from({ length: 1024 }, (_, n) => [`X-${n}`, "x".repeat(55)]));
    expect(await exchange(head("GET /health", many))).toEqual([431]);
  });
});

describeOnSockets("where requests have a fifth of a second", () => {
  useEngine({ env: { REQUEST_TIMEOUT_MS: "200" } });

  wire("a body shorter than its Content-Length is not waited for", async () => {
    const call = await as("patient");
    expect(await exchange(post(call, { "Content-Length": "1000" }) + BOLT)).toEqual([503]);
    await hasNothing(call);
  });
});
