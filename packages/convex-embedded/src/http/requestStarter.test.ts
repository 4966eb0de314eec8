import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { RequestStarter } from "./requestStarter";

/** An intake, a clock, and what has begun; each beginning takes `took` milliseconds. */
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

test("requests that come in together begin together, in the order in which they came", async () => {
  const { add, begun } = start();
  add(1, 2, 3);
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  add(4);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4]);
});

test("a turn that has taken its time leaves the rest to the next one, before what comes in meanwhile", async () => {
  const { add, begun } = start({ took: 4 });
  add(1, 2, 3, 4);
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  add(5);
  await turn();
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test("while connections come in, each turn begins one request", async () => {
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
