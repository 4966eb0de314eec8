import { expect, test } from "vitest";
import { RULES, serve } from "../../fixtures/serve";
import type { Limits } from "./limits";

const TIMED_OUT = /^Function execution timed out \(maximum duration: (\d+m?s)\)$/;
const STUCK = "Returned promise will never resolve";

const rules = (limits: Partial<Limits>) => serve({ project: RULES, limits });

test("a query that awaits a promise which nothing can resolve is told so, before its time is up", async () => {
  const { server, logged } = await rules({ userMs: 60_000 });
  await expect(server.run("time:awaitForever", {})).rejects.toThrow(STUCK);
  expect(logged.filter(({ level }) => level === "error")).toEqual([
    { level: "error", path: "time:awaitForever", message: STUCK },
  ]);
});

test("a mutation that awaits forever is rolled back and frees the writer", async () => {
  const { server } = await rules({ userMs: 60_000 });
  const hanging = server.run("time:writeAndAwaitForever", {});
  const next = server.run("limits:insert", { count: 1, bytes: 0 });
  await expect(hanging).rejects.toThrow(STUCK);
  await next;
  expect(await server.run("time:count", {})).toBe(1);
});

test("a nested function is aborted without its caller, whose wait does not count", async () => {
  const { server } = await rules({ userMs: 200 });
  expect(await server.run("time:nested", {})).toBe(STUCK);
  expect(await server.run("time:count", {})).toBe(1);
});

test("a function that computes for too long fails when it returns or at its next syscall, even if it catches the error", async () => {
  const { server } = await rules({ userMs: 50 });
  await expect(server.run("time:compute", { rounds: 100 })).rejects.toThrow(TIMED_OUT);
  await expect(server.run("time:computeAndCatch", { rounds: 100 })).rejects.toThrow(TIMED_OUT);
  expect(await server.run("time:count", {})).toBe(0);
});

test("waiting for the writer does not count", async () => {
  const { server } = await rules({ userMs: 200 });
  const hanging = Array.from({ length: 3 }, () => server.run("time:writeAndAwaitForever", {}));
  // The mutation waits longer than it may run.
  const patient = server.run("limits:insert", { count: 1, bytes: 0 });
  expect((await Promise.allSettled(hanging)).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
  await patient;
});

test("actions and HTTP actions have their own time limit", async () => {
  const { server } = await rules({ userMs: 1, actionMs: 60 });
  expect(await server.run("time:longAction", { ms: 10 })).toBe("done");
  await expect(server.run("time:actionForever", {})).rejects.toThrow(
    "Function execution timed out (maximum duration: 60ms)",
  );
  const response = await fetch(`${server.url}/forever`);
  expect(response.status).toBe(500);
  expect(((await response.json()) as { code: string }).code).toContain("(maximum duration: 60ms)");
});

test("the default duration is formatted like on Convex", async () => {
  const { TimeBudget } = await import("./timeLimit");
  const budget = new TimeBudget("x:y", 1_000, false, false);
  const forever = budget.run(() => new Promise<never>(() => undefined));
  // Simulates the passage of time. Each tick charges at most two tick lengths.
  for (let time = 0; time <= 50_000_000; time += 1_000_000) budget.tick(performance.now() + time);
  await expect(forever).rejects.toThrow("Function execution timed out (maximum duration: 1s)");
});
