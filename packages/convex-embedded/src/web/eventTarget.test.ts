import { expect, test } from "vitest";
import { FunctionEventTarget } from "./eventTarget";

test("dispatchEvent throws the error of a listener and calls no further listeners", () => {
  const target = new FunctionEventTarget();
  const called: string[] = [];
  target.addEventListener("a", () => void called.push("first"));
  target.addEventListener("a", () => {
    called.push("failing");
    throw new Error("from a listener");
  });
  target.addEventListener("a", () => void called.push("never"));
  expect(() => target.dispatchEvent(new Event("a"))).toThrow("from a listener");
  expect(called).toEqual(["first", "failing"]);
  expect(target.dispatchEvent(new Event("b"))).toBe(true);
});

test("a listener is added once, can be removed, and sees its target and event", () => {
  const target = new FunctionEventTarget();
  const seen: unknown[] = [];
  function listener(this: unknown, event: Event): void {
    seen.push(this, event);
  }
  const object = { handleEvent: (event: Event) => void seen.push(event.type) };
  for (const _ of [1, 2]) target.addEventListener("a", listener);
  target.addEventListener("a", object, { once: true });
  const event = new Event("a", { cancelable: true });
  expect(target.dispatchEvent(event)).toBe(true);
  expect(seen).toEqual([target, event, "a"]);
  target.removeEventListener("a", listener);
  target.addEventListener("a", (cancelled) => cancelled.preventDefault());
  expect(target.dispatchEvent(new Event("a", { cancelable: true }))).toBe(false);
  expect(seen).toHaveLength(3);
  target.addEventListener("a", null);
});
