import { setImmediate as loopTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ThreadScheduler } from "./threadScheduler";

/** Creates a scheduler with a fake clock, and tasks that record their steps and take `took` milliseconds for each. */
function start({ took }: { took: number }) {
  let now = 1;
  const thread = new ThreadScheduler(() => now);
  const done: string[] = [];
  const work = async (name: string, steps = 1) => {
    await thread.waitToBegin();
    for (let step = 1; step <= steps; step++) {
      // A step takes more than one microtask.
      await Promise.resolve();
      now += took;
      done.push(`${name}${steps > 1 ? step : ""}`);
      if (step < steps) await thread.waitToContinue();
    }
  };
  return { thread, work, done };
}

test("short tasks run in order, several of them within one turn of the event loop", async () => {
  const { work, done } = start({ took: 3 });
  const all = ["a", "b", "c", "d", "e"].map((name) => work(name));
  expect(done).toEqual([]);
  await loopTurn();
  expect(done).toEqual(["a", "b", "c", "d"]);
  await Promise.all(all);
  expect(done).toEqual(["a", "b", "c", "d", "e"]);
});

test("the event loop turns between long tasks", async () => {
  const { work, done } = start({ took: 100 });
  const all = ["a", "b", "c"].map((name) => work(name));
  for (const expected of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await loopTurn();
    expect(done).toEqual(expected);
  }
  await Promise.all(all);
});

test("work waits for newly accepted connections, but not forever", async () => {
  const { thread, work, done } = start({ took: 100 });
  const all = [work("a"), work("b")];
  for (let turn = 0; turn < 3; turn++) {
    thread.connected();
    await loopTurn();
  }
  expect(done).toEqual([]);
  await loopTurn();
  expect(done).toEqual(["a"]);
  for (let turn = 0; turn < 300 && done.length < 2; turn++) {
    thread.connected();
    await loopTurn();
  }
  expect(done).toEqual(["a", "b"]);
  await Promise.all(all);
});

test("work that has begun continues before other work begins", async () => {
  const { work, done } = start({ took: 100 });
  await Promise.all([work("a", 3), work("b"), work("c")]);
  expect(done).toEqual(["a1", "a2", "a3", "b", "c"]);
});

test("calls that follow each other for long wait for a turn of the event loop, and other calls do not", async () => {
  let now = 1;
  const thread = new ThreadScheduler(() => now);
  expect(thread.waitToContinue()).toBeNull();
  now += 40;
  expect(thread.waitToContinue()).toBeNull();
  now += 40;
  const order: string[] = [];
  setImmediate(() => order.push("the loop"));
  await thread.waitToContinue();
  order.push("the call");
  expect(order).toEqual(["the loop", "the call"]);
  now += 1_000;
  await loopTurn();
  expect(thread.waitToContinue()).toBeNull();
});
