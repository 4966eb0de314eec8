/** Large payloads, and events that are processed late. */
import { expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { as, advanceClock, run, settle, useEngine } from "../testing/engine.testing";
import { page } from "../testing/replies.testing";
import { logged, nextAttempt, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const DAY = 24 * 60 * 60_000;

test("A log of large payloads is listed and purged", async () => {
  const body = JSON.stringify({ type: "session.created", ref: "x".repeat(850_000) });
  for (let n = 0; n < 20; n++) await post("clerk", "session.created", { id: `large-${n}`, body });
  await settle();
  const listed = await page((await as("root"))("GET", "/api/webhook-events?limit=100"));
  expect(listed.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => "success"));

  advanceClock(31 * DAY);
  await run("mutation", internal.webhooks.log.purge, {});
  await settle();
  for (const { id } of listed) expect(await read(id)).not.toHaveProperty("payload");
});

test("An event whose payload was purged before an attempt succeeded fails", async () => {
  // A user without an id cannot be handled.
  const body = JSON.stringify({ type: "user.updated", data: {} });
  const event = await processed("clerk", "user.updated", { id: "evt_late", body });
  expect(event).toMatchObject({ status: "pending", error: "id: must be a string" });

  advanceClock(31 * DAY);
  await run("mutation", internal.webhooks.log.purge, {});
  await nextAttempt();
  // The attempt may have been running when its payload was purged.
  await run("mutation", internal.webhooks.process.sweep, {});
  await settle();
  expect(await logged("evt_late")).toMatchObject({ status: "failed", error: "id: must be a string" });
});
