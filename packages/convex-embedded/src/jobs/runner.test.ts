import { expect, test } from "vitest";
import type { Engine } from "../exec/engine";
import { CONVEX_LIMITS } from "../exec/limits";
import { ManualTime } from "../../fixtures/manualTime";
import type { LoadedFunction } from "../exec/loadedFunction";
import { testStore } from "../store/storeForTests";
import type { Outcome, Task } from "./runner";
import { Runner } from "./runner";

interface Options {
  /** How many commits fail before one succeeds. */
  readonly failing: number;
  readonly kind: LoadedFunction["kind"];
}

/** Creates a runner on a store whose first commits fail, a function that counts its runs, and a task for it. */
function setUp({ failing, kind }: Options) {
  let left = failing;
  const beforeCommit = (): void => {
    if (left-- > 0) throw new Error("disk full");
  };
  const time = new ManualTime();
  const logged: string[] = [];
  const seen = { runs: 0, begun: 0, outcomes: [] as Outcome[] };
  const any = { type: "any" } as const;
  const fn: LoadedFunction = {
    component: "",
    path: "jobs:count",
    kind,
    visibility: "internal",
    inNode: false,
    args: any,
    returns: null,
    call: () => ++seen.runs,
    serialize: () => Promise.reject(new Error("A number is plain data")),
  };
  const modules = { loaded: () => fn };
  const engine = {
    store: testStore({ hooks: { beforeCommit } }),
    modules,
    components: new Map([["", { modules }]]),
    limits: CONVEX_LIMITS,
    clock: time.clock,
    log: ({ message }: { message: string }) => void logged.push(message),
    scheduler: { wake: () => undefined },
  } as unknown as Engine;
  const task: Task = {
    component: "",
    name: "jobs:count",
    args: {},
    job: null,
    waits: () => true,
    begin: () => {
      seen.begun++;
    },
    end: (_transaction, outcome) => void seen.outcomes.push(outcome),
  };
  return { runner: new Runner(() => engine, time.timers), task, time, logged, seen };
}

/** Advances the time whenever a timer waits, until the run has ended. */
async function until(run: Promise<void>, time: ManualTime): Promise<void> {
  const ended: true[] = [];
  void run.then(() => ended.push(true));
  while (ended.length === 0) {
    if (time.pending > 0) time.pass(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a mutation whose commit fails is retried with growing pauses until it is durable", async () => {
  const { runner, task, time, logged, seen } = setUp({ failing: 3, kind: "mutation" });
  await until(runner.run(task), time);
  expect(seen.runs).toBe(4);
  expect(time.delays).toEqual([500, 1_000, 2_000]);
  expect(logged).toHaveLength(3);
  expect(logged[0]).toContain("Trying again in 500 ms: The commit failed: disk full");
});

test("an action begins only after its start is recorded durably, and runs once", async () => {
  const { runner, task, time, seen } = setUp({ failing: 2, kind: "action" });
  await until(runner.run(task), time);
  expect(seen).toMatchObject({ runs: 1, begun: 3, outcomes: [{ kind: "success" }] });
});

test("an abort ends the retries", async () => {
  const { runner, task, time, seen } = setUp({ failing: 1_000, kind: "action" });
  const run = runner.run(task);
  while (time.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  runner.abort();
  await run;
  expect([seen.runs, time.pending]).toEqual([0, 0]);
});
