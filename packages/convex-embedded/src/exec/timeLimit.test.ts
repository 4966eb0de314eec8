import { expect, test } from "vitest";
import { RULES, serve } from "../../fixtures/serve";
import type { Limits } from "./limits";

const TIMED_OUT = /^Function execution timed out \(maximum duration: (\d+m?s)\)$/;

const rules = (limits: Partial<Limits>) => serve({ project: RULES, limits });

test("a query that awaits for ever is aborted", async () => {
  const { server, logged } = await rules({ userMs: 200 });
  await expect(server.run("time:awaitForever", {})).rejects.toThrow(
    "Function execution timed out (maximum duration: 200ms)",
  );
  expect(logged.filter(({ level }) => level === "error")).toEqual([
    { level: "error", path: "time:awaitForever", message: expect.stringMatching(TIMED_OUT) as string },
  ]);
});

test("a mutation that awaits for ever is rolled back and frees the writer", async () => {
  const { server } = await rules({ userMs: 200 });
  const hanging = server.run("time:writeAndAwaitForever", {});
  const next = server.run("limits:insert", { count: 1, bytes: 0 });
  await expect(hanging).rejects.toThrow(TIMED_OUT);
  await next;
  expect(await server.run("time:count", {})).toBe(1);
});

test("a nested one is aborted alone: its caller waits for it, which does not count", async () => {
  const { server } = await rules({ userMs: 200 });
  expect(await server.run("time:nested", {})).toMatch(TIMED_OUT);
  expect(await server.run("time:count", {})).toBe(1);
});

test("one that computes for too long fails when it returns, or at its next syscall, caught or not", async () => {
  const { server } = await rules({ userMs: 200 });
  await expect(server.run("time:compute", { rounds: 500 })).rejects.toThrow(TIMED_OUT);
  await expect(server.run("time:computeAndCatch", { rounds: 500 })).rejects.toThrow(TIMED_OUT);
  expect(await server.run("time:count", {})).toBe(0);
});

test("waiting for the writer does not count", async () => {
  const { server } = await rules({ userMs: 200 });
  const hanging = Array.from({ length: 3 }, () => server.run("time:writeAndAwaitForever", {}));
  // It waits three times as long as it may run.
  const patient = server.run("limits:insert", { count: 1, bytes: 0 });
  expect((await Promise.allSettled(hanging)).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
  await patient;
});

test("actions have their own time, and HTTP actions too", async () => {
  const { server } = await rules({ userMs: 1, actionMs: 60 });
  expect(await server.run("time:longAction", { ms: 10 })).toBe("done");
  await expect(server.run("time:actionForever", {})).rejects.toThrow(
    "Function execution timed out (maximum duration: 60ms)",
  );
  const response = await fetch(`${server.url}/forever`);
  expect(response.status).toBe(500);
  expect(((await response.json()) as { code: string }).code).toContain("(maximum duration: 60ms)");
});

test("Convex's own duration reads like Convex's", async () => {
  const { TimeBudget } = await import("./timeLimit");
  const budget = new TimeBudget("x:y", 1_000, false);
  const forever = budget.run(() => new Promise<never>(() => undefined));
  // As if as much time had passed; no tick of the clock counts for more than its own length.
  for (let time = 0; time <= 50_000_000; time += 1_000_000) budget.tick(performance.now() + time);
  await expect(forever).rejects.toThrow("Function execution timed out (maximum duration: 1s)");
});
