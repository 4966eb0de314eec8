import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");
const HOUR = 60 * 60 * 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** Stored bytes that nobody registered, and some that are a file, a webhook's payload and a job's input. */
async function stored() {
  const t = convexTest(schema, modules);
  const store = () => t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
  const [nobodys, file, payload, input] = [await store(), await store(), await store(), await store()];
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const ownerId = result._id;
  await t.mutation(internal.files.register, { ownerId, storageId: file, visibility: "private" });
  const event = { source: "github", eventId: "1", eventType: "ping", eventTime: 0 };
  await t.mutation(internal.webhooks.receive.record, {
    ...{ ...event, handler: "github" },
    payload: { storageId: payload },
  });
  await t.mutation(internal.jobs.enqueue, { ownerId, input: { storageId: input } });
  const isThere = async (id: Id<"_storage">) =>
    (await t.run((ctx) => ctx.db.system.get("_storage", id))) !== null;
  const collect = () => t.mutation(internal.files.collectUnregistered, {});
  return { isThere, collect, nobodys, held: [file, payload, input] };
}

test("bytes that nobody has registered within a day are freed, and no others, however late their work is", async () => {
  vi.stubEnv("COLLECT_UNREGISTERED_FILES", "1");
  const { isThere, collect, nobodys, held } = await stored();
  vi.setSystemTime(Date.now() + 23 * HOUR);
  await collect();
  expect(await isThere(nobodys)).toBe(true);

  vi.setSystemTime(Date.now() + 2 * HOUR);
  await collect();
  expect(await isThere(nobodys)).toBe(false);
  for (const id of held) expect(await isThere(id)).toBe(true);
});

test("they stay where the setting does not ask for it", async () => {
  const { isThere, collect, nobodys } = await stored();
  vi.setSystemTime(Date.now() + 25 * HOUR);
  await collect();
  expect(await isThere(nobodys)).toBe(true);
});
