/** The processing of GitHub's events, which may be larger than those of other sources. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { as, advanceClock, run, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";
import { logged, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const DAY = 24 * 60 * 60_000;
const root = () => as("root");
const pathOf = (event: Record<string, unknown>) => `/api/webhook-events/${String(event["id"])}`;

test("an event with 20,000 levels of nesting is shown up to 64 levels", async () => {
  const body = `{"ref":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
  const event = await processed("github", "push", { id: "deep", body });
  const { payload } = await read(event["id"]);
  expect(JSON.stringify(payload)).toBe(`{"ref":${"[".repeat(63)}"[nested too deep]"${"]".repeat(63)}}`);
});

test("an event that is delivered 50 times concurrently is processed once", async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => post("github", "push", { id: "fifty" })),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
  await settle();
  expect(await logged("fifty")).toMatchObject({ status: "success", attempts: 1 });
  expect(await processed("github", "push", { id: "fifty" })).toMatchObject({ attempts: 1 });
});

test("an event may have the same id as an event of Clerk", async () => {
  await processed("github", "push", { id: "msg_same" });
  await post("clerk", "session.created", { id: "msg_same" });
  const events = await page((await root())("GET", "/api/webhook-events?limit=100"));
  expect(events.filter(({ eventId }) => eventId === "msg_same")).toHaveLength(2);
});

test("a cursor of the events of one source is refused with another source", async () => {
  for (const id of ["listed-1", "listed-2"]) await processed("github", "push", { id });
  const first = await (await root())("GET", "/api/webhook-events?source=github&status=success&limit=1");
  expect((await page(first))[0]).toMatchObject({ eventId: "listed-2", source: "github" });
  const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  expect((await page((await root())("GET", next)))[0]).toMatchObject({ eventId: "listed-1" });
  await problem((await root())("GET", next.replace("github", "clerk")), 400, "invalid_cursor");
});

test("a successful event is replayed", async () => {
  const event = await processed("github", "issues", { id: "replayed" });
  await json((await root())("POST", `${pathOf(event)}/replay`), 202);
  await settle();
  expect(await logged("replayed")).toMatchObject({ status: "success", attempts: 1 });
});

describe("a payload", () => {
  test("that is old is purged, and its event stays", async () => {
    const event = await processed("github", "release", { id: "purged" });
    advanceClock(31 * DAY);
    await run("mutation", internal.webhooks.log.purge, {});
    await settle();
    expect(await read(event["id"])).not.toHaveProperty("payload");
    await problem((await root())("POST", `${pathOf(event)}/replay`), 409, "conflict");
  });

  test.each([
    ["in the document", "small"],
    ["in file storage", "x".repeat(60_000)],
  ])("%s is erased, and the event stays in the log", async (_, text) => {
    const body = JSON.stringify({ ref: text });
    const event = await processed("github", "push", { id: `erased-${text.length}`, body });
    expect(await read(event["id"])).toHaveProperty("payload");
    expect((await (await root())("DELETE", pathOf(event))).status).toBe(204);
    expect(await read(event["id"])).toEqual(event);
    // The source sends it again.
    await post("github", "push", { id: `erased-${text.length}`, body });
    await settle();
    expect(await logged(`erased-${text.length}`)).toEqual(event);
  });
});
