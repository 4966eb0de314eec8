import { describe, expect, test, vi } from "vitest";
import { internal } from "../../_generated/api";
import { as, engineName, advanceClock, run, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { logged, nextAttempt, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const DAY = 24 * 60 * 60_000;
const root = () => as("root");

describe("an event", () => {
  test("is in the log, with its secrets redacted", async () => {
    const event = await processed("clerk", "user.created");
    expect(event).toEqual({
      id: expect.any(String) as string,
      eventId: expect.stringMatching(/^msg_/) as string,
      source: "clerk",
      type: "user.created",
      status: "success",
      attempts: 1,
      handled: true,
      receivedAt: expect.any(String) as string,
      processedAt: expect.any(String) as string,
    });
    const { payload } = await read(event["id"]);
    expect(payload).toMatchObject({ data: { username: "ada", private_metadata: "[redacted]" } });
  });

  test("with 1,000 levels of nesting is shown up to 64 levels", async () => {
    const body = `{"type":"session.created","ref":${"[".repeat(1_000)}${"]".repeat(1_000)}}`;
    const event = await processed("clerk", "session.created", { id: "deep", body });
    const { payload } = await read(event["id"]);
    const shown = `${"[".repeat(63)}"[nested too deep]"${"]".repeat(63)}`;
    expect(JSON.stringify(payload)).toBe(`{"type":"session.created","ref":${shown}}`);
  });

  test("of a type without a handler succeeds with handled: false", async () => {
    expect(await processed("clerk", "session.created")).toMatchObject({ status: "success", handled: false });
  });

  test("that is delivered 50 times concurrently is processed once", async () => {
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => post("clerk", "user.updated", { id: "fifty" })),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    await settle();
    expect(await logged("fifty")).toMatchObject({ status: "success", attempts: 1 });
    expect(await processed("clerk", "user.updated", { id: "fifty" })).toMatchObject({ attempts: 1 });
  });

  test("may have the same id as an event of another source", async () => {
    await processed("clerk", "session.created", { id: "msg_same" });
    const other = { source: "other", eventId: "msg_same", eventType: "session.created", eventTime: 0 };
    const stored = { handler: "clerk", payload: { text: "{}" } };
    await run("mutation", internal.webhooks.receive.record, { ...other, ...stored });
    await settle();
    const events = await page((await root())("GET", "/api/webhook-events?limit=100"));
    expect(events.filter(({ eventId }) => eventId === "msg_same")).toHaveLength(2);
  });
});

describe("an event that always fails", () => {
  test("fails after 8 attempts with one log line for alerts, and can be replayed", async () => {
    const spy = vi.spyOn(console, "error").mockImplementation(() => undefined);
    // A user without an id cannot be handled.
    const body = JSON.stringify({ type: "user.updated", data: {} });
    await processed("clerk", "user.updated", { id: "evt_bad", body });
    for (let attempt = 2; attempt <= 8; attempt++) {
      await nextAttempt();
      expect(await logged("evt_bad")).toMatchObject({ attempts: attempt });
    }
    const failed = await logged("evt_bad");
    expect(failed).toMatchObject({ status: "failed", attempts: 8, error: "id: must be a string" });
    await nextAttempt();
    expect(await logged("evt_bad")).toEqual(failed);
    if (engineName === "convex-test") {
      const lines = spy.mock.calls
        .map(([line]) => String(line))
        .filter((line) => line.includes("webhook_failed") && line.includes("evt_bad"));
      expect(lines.map((line) => JSON.parse(line) as Json)).toEqual([
        expect.objectContaining({ source: "clerk", eventId: "evt_bad", attempts: 8 }),
      ]);
    }
    spy.mockRestore();

    const call = await root();
    const path = `/api/webhook-events/${String(failed["id"])}`;
    const replayed = await json(call("POST", `${path}/replay`), 202);
    expect(replayed).toMatchObject({ status: "pending", attempts: 0 });
    await problem(call("POST", `${path}/replay`), 409, "conflict");
    await settle();
    expect(await logged("evt_bad")).toMatchObject({ status: "pending", attempts: 1 });
  });
});

describe("the log", () => {
  test("lists events by source and status, and its links keep the filters", async () => {
    const call = await root();
    await processed("clerk", "session.created", { id: "listed-1" });
    await processed("clerk", "session.created", { id: "listed-2" });
    const first = await call("GET", "/api/webhook-events?source=clerk&status=success&limit=1");
    expect((await page(first))[0]).toMatchObject({ eventId: "listed-2", source: "clerk" });
    const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect(next).toContain("source=clerk&status=success");
    expect((await page(call("GET", next)))[0]).toMatchObject({ eventId: "listed-1" });
    await problem(call("GET", next.replace("success", "failed")), 400, "invalid_cursor");
    await problem(call("GET", "/api/webhook-events?source=paypal"), 400, "invalid_request");
  });

  test("replays a successful event", async () => {
    const event = await processed("clerk", "session.created", { id: "replayed" });
    await json((await root())("POST", `/api/webhook-events/${String(event["id"])}/replay`), 202);
    await settle();
    expect(await logged("replayed")).toMatchObject({ status: "success", attempts: 1 });
  });

  test("purges old payloads and keeps their events", async () => {
    const event = await processed("clerk", "session.created", { id: "purged" });
    advanceClock(31 * DAY);
    await run("mutation", internal.webhooks.log.purge, {});
    await settle();
    expect(await read(event["id"])).not.toHaveProperty("payload");
    await problem(
      (await root())("POST", `/api/webhook-events/${String(event["id"])}/replay`),
      409,
      "conflict",
    );
  });
});
