import { expect, test } from "vitest";
import { SerialQueue } from "./serialQueue";

test("work runs one at a time, in the order of arrival, and failures do not stop the queue", async () => {
  const turns = new SerialQueue();
  const events: string[] = [];
  const step = (name: string, fail = false) =>
    turns.run(async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
      if (fail) throw new Error(name);
    });
  const all = Promise.allSettled([step("a"), step("b", true), step("c")]);
  expect(turns.busy).toBe(true);
  await turns.idle();
  expect(turns.busy).toBe(false);
  expect((await all).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
