import { expect, test } from "vitest";
import { Slots } from "./slots";

test("has the objects that were added and not deleted, also the same object twice", () => {
  const slots = new Slots<{ name: string }>();
  const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
  const of = [a, b, b].map((member) => slots.add(member));
  expect([[...slots], slots.size]).toEqual([[a, b, b], 3]);
  slots.delete(of[1] ?? -1);
  expect([[...slots], slots.size]).toEqual([[a, b], 2]);
  slots.add(c);
  expect([[...slots], slots.size]).toEqual([[a, c, b], 3]);
});

test("an object may be deleted while the objects are iterated", () => {
  const slots = new Slots<{ slot: number }>();
  for (let i = 0; i < 3; i++) {
    const member = { slot: -1 };
    member.slot = slots.add(member);
  }
  let seen = 0;
  for (const { slot } of slots) {
    seen++;
    slots.delete(slot);
  }
  expect([seen, slots.size, [...slots]]).toEqual([3, 0, []]);
});
