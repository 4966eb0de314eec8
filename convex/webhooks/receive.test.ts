import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ActionCtx } from "../_generated/server";
import { failureOf } from "../lib/failure.lib";
import { receive, verifiesBeforeParsing, type Webhook } from "./receive";

const NOW = 1_790_000_000_000;
const BODY = '{"id":"evt_1"}';
const KEY: string = "acme";
// `receive` only stores the key.
const handler = KEY as Webhook["handler"];
const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);
const unreadable = () => JSON.parse("{") as boolean;

beforeEach(() => vi.stubEnv("ACME_WEBHOOK_SECRET", "old, new"));
afterEach(() => vi.unstubAllEnvs());

/** Returns the code of the refusal, or the recorded event. Expects that a refused webhook does not use the context. */
async function outcome(of: Partial<Webhook>): Promise<unknown> {
  const runMutation = vi.fn(() => Promise.resolve(null));
  // The only member that `receive` uses for a small body.
  const ctx = { runMutation } as unknown as ActionCtx;
  const webhook = {
    ...{ source: "acme", body: BODY, now: NOW, verify: yes, handler },
    describe: () => ({ eventId: "evt_1", type: "ping", time: NOW }),
    ...of,
  };
  try {
    await receive(ctx, webhook);
  } catch (error) {
    expect(runMutation).not.toHaveBeenCalled();
    return failureOf(error)?.code;
  }
  const [[, event]] = runMutation.mock.calls as unknown as [[unknown, unknown]];
  return event;
}

test("a body that is signed with one of the secrets is recorded with its event and handler", async () => {
  const seconds = String(NOW / 1000);
  const verify = (secret: string) => Promise.resolve(secret === "new");
  expect(await outcome({ timestamp: seconds, verify })).toEqual({
    source: "acme",
    eventId: "evt_1",
    eventType: "ping",
    eventTime: NOW,
    handler: KEY,
    payload: { text: BODY },
  });
});

test.each([
  ["false", no],
  ["a rejection", () => Promise.reject(new Error("no"))],
  ["an exception", () => unreadable() as never],
  // A parser of headers may throw before the signature is verified. This must not count as verified.
  ["a parser's error", () => Promise.reject(new SyntaxError("no JSON"))],
])("a webhook whose verification ends with %s is rejected", async (_what, verify) => {
  expect(await outcome({ verify })).toBe("webhook_rejected");
});

test.each(["", "soon", "-1", "1e9", String(NOW / 1000 - 301), String(NOW / 1000 + 301)])(
  "a valid signature with the time %j is rejected",
  async (timestamp) => {
    expect(await outcome({ timestamp })).toBe("webhook_rejected");
  },
);

const reasonFor = (of: Partial<Webhook>) =>
  receive({} as ActionCtx, {
    ...{ source: "acme", body: BODY, now: NOW, verify: no, handler },
    describe: () => ({ eventId: "evt_1", type: "ping", time: NOW }),
    ...of,
  }).then(
    () => undefined,
    (error: unknown) => failureOf(error)?.reason,
  );

test.each([
  ["an old signature", { timestamp: String(NOW / 1000 - 600) }, "stale: signed 600 s ago, more than 300 s"],
  [
    "a signature from the future",
    { timestamp: String(NOW / 1000 + 600) },
    "from the future: signed 600 s ahead, more than 300 s",
  ],
  [
    "an invalid time",
    { timestamp: "soon" },
    "malformed signature: it must have exactly one time, in whole seconds",
  ],
  ["a malformed signature", { signatureError: "no v1" }, "malformed signature: no v1"],
  ["a wrong signature", {}, "no secret matched: 2 tried"],
])("the log gets the reason why %s is rejected", async (_what, of, reason) => {
  expect(await reasonFor(of)).toBe(reason);
});

test("a large event is checked but not parsed", async () => {
  const describeText = vi.fn(() => ({ eventId: "evt_1", type: "ping", time: NOW, details: { action: "x" } }));
  const large = { large: true, describe: describeText } as const;
  expect(await outcome(large)).toMatchObject({ eventId: "evt_1", details: { action: "x" } });
  expect(describeText).toHaveBeenCalledWith({}, BODY);
  for (const body of ["", "x", "[1]", "{", '"{}"', "{}{}"])
    expect(await outcome({ ...large, body })).toBe("invalid_json");
});

test("the event may be a part of the signed body", async () => {
  expect(await outcome({ body: "payload=%7B%7D", json: () => "{}" })).toMatchObject({
    payload: { text: "{}" },
  });
});

test("a webhook is refused if the setting contains only separators", async () => {
  vi.stubEnv("ACME_WEBHOOK_SECRET", " , ");
  expect(await outcome({})).toBe("not_configured");
});

test("an event with an invalid time is refused", async () => {
  expect(await outcome({ describe: () => ({ eventId: "a", type: "b", time: Date.parse("soon") }) })).toBe(
    "invalid_request",
  );
});

test("verifiesBeforeParsing returns true for a parser's error, and false for any other error", async () => {
  expect(await verifiesBeforeParsing(() => undefined)).toBe(true);
  expect(await verifiesBeforeParsing(unreadable)).toBe(true);
  expect(await verifiesBeforeParsing(() => Promise.reject(new Error("no match")))).toBe(false);
});
