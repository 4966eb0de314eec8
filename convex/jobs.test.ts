import { convexTest } from "convex-test";
import { afterEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

afterEach(() => {
  vi.useRealTimers();
});

test("the file of a large input is deleted when the job ends, and a refused request stores no file", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  const { key } = await t.action(internal.apiKeys.issue, { name: "ci", scopes: ["jobs:write"] });
  const headers = {
    "X-API-Key": key,
    "Content-Type": "application/json",
    "Idempotency-Key": "one",
    Prefer: "respond-async",
  };
  const enqueue = async (letter: string) => {
    const body = JSON.stringify({ data: letter.repeat(100_000) });
    return (await t.fetch("/api/process", { method: "POST", headers, body })).status;
  };
  const files = () => t.run(async (ctx) => (await ctx.db.system.query("_storage").collect()).length);

  expect(await enqueue("a")).toBe(202);
  expect(await files()).toBe(1);
  expect(await enqueue("a")).toBe(202);
  expect(await files()).toBe(1);
  expect(await enqueue("b")).toBe(422);
  expect(await files()).toBe(1);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await files()).toBe(0);
});

test("a job fails at its deadline, unless the deployment was down", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  const ada = { name: "ada", email: "ada@example.com" };
  const { result: owner } = await t.mutation(internal.users.register, ada);
  const ownerId = owner._id;
  const { result: job } = await t.mutation(internal.jobs.enqueue, { ownerId, input: { text: "1" } });
  const state = async () => (await t.query(internal.jobs.get, { ownerId, jobId: job._id })).status;

  const dueAt = Date.now();
  vi.setSystemTime(dueAt + 60 * 60 * 1000);
  await t.mutation(internal.jobs.giveUp, { jobId: job._id, dueAt });
  expect(await state()).toBe("queued");
  await t.mutation(internal.jobs.giveUp, { jobId: job._id, dueAt: Date.now() });
  expect(await state()).toBe("failed");
});
