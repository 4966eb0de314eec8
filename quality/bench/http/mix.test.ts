import { expect, test } from "vitest";
import { chooser, EVERYDAY, KINDS } from "./mix";

test("each kind has its share of the numbers from 0 to 1", () => {
  const hundredths = Array.from({ length: 100 }, (_, i) => i / 100);
  const numbers = hundredths.values();
  const choose = chooser(EVERYDAY, () => numbers.next().value ?? 0);
  const chosen = hundredths.map(choose);
  const counts = KINDS.map((kind) => chosen.filter((choice) => choice === kind).length);
  expect(counts).toEqual([70, 15, 5, 5, 5, 0, 0]);
});

test("shares are relative, and a share of 0 is never chosen", () => {
  const at = (number: number) => chooser({ read: 0, list: 1, job: 3 }, () => number)();
  expect([0, 0.24, 0.25, 0.999].map(at)).toEqual(["list", "list", "job", "job"]);
  expect(() => chooser({ read: 0 })).toThrow("A mix needs a share greater than 0");
});
