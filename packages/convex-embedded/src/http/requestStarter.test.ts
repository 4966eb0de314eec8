import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { RequestStarter } from "./requestStarter";

/** A starter, a clock and the requests that have begun. Each start takes `took` milliseconds. */
function start({ took = 0 } = {}) {
  let now = 0;
  const intake = new RequestStarter(() => now);
  const begun: number[] = [];
  const add = (...requests: number[]) => {
    for (const request of requests) {
      intake.add(() => {
        begun.push(request);
        now += took;
      });
    }
  };
  return { intake, add, begun };
}

test("requests that arrive together begin together, in order of arrival", async () => {
  const { add, begun } = start();
  add(1, 2, 3);
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  add(4);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
});

test("when a turn's time is up, the remaining requests begin in the next turn, ahead of newer ones", async () => {
  const { add, begun } = start({ took: 4 });
  add(1, 2, 3, 4);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  add(5);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test("while connections arrive, each turn begins one request", async () => {
  const { intake, add, begun } = start();
  add(1, 2, 3, 4);
  intake.connected();
  await turn();
  expect(begun).toEqual([1]);
  intake.connected();
  await turn();
  expect(begun).toEqual([1, 2]);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
});
