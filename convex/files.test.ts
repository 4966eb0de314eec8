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

/** Stores unregistered bytes, and bytes that are a file, a webhook's payload and a job's input. */
async function storeBytes() {
  const t = convexTest(schema, modules);
  const store = () => t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
  const [unregistered, file, payload, input] = [await store(), await store(), await store(), await store()];
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const ownerId = result._id;
  await t.mutation(internal.files.register, { ownerId, storageId: file, visibility: "private" });
  const event = { source: "clerk", eventId: "1", eventType: "ping", eventTime: 0 };
  await t.mutation(internal.webhooks.receive.record, {
    ...{ ...event, handler: "clerk" },
    payload: { storageId: payload },
  });
  await t.mutation(internal.jobs.enqueue, { ownerId, input: { storageId: input } });
  const exists = async (id: Id<"_storage">) =>
    (await t.run((ctx) => ctx.db.system.get("_storage", id))) !== null;
  const collect = () => t.mutation(internal.files.collectUnregistered, {});
  return { exists, collect, unregistered, referenced: [file, payload, input] };
}

test("only bytes that stay unregistered for a day are deleted", async () => {
  vi.stubEnv("COLLECT_UNREGISTERED_FILES", "1");
  const { exists, collect, unregistered, referenced } = await storeBytes();
  vi.setSystemTime(Date.now() + 23 * HOUR);
  await collect();
  expect(await exists(unregistered)).toBe(true);

  vi.setSystemTime(Date.now() + 2 * HOUR);
  await collect();
  expect(await exists(unregistered)).toBe(false);
  for (const id of referenced) expect(await exists(id)).toBe(true);
});

test("unregistered bytes stay without the setting", async () => {
  const { exists, collect, unregistered } = await storeBytes();
  vi.setSystemTime(Date.now() + 25 * HOUR);
  await collect();
  expect(await exists(unregistered)).toBe(true);
});
