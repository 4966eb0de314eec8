import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BodyMemoryOptions } from "./bodyMemory";
import { BodyMemory, isOverloadError, overloadError } from "./bodyMemory";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SECOND = 1_000;

function room(options: Partial<BodyMemoryOptions> = {}) {
  const bodies = new BodyMemory({
    bytes: 100,
    waiting: 2,
    waitMs: 5 * SECOND,
    paceMs: 10 * SECOND,
    ...options,
  });
  const entered: string[] = [];
  const lost: string[] = [];
  const enter = async (name: string, size: number | null) => {
    try {
      const place = await bodies.enter(size, (reason) => {
        expect(isOverloadError(reason)).toBe(true);
        lost.push(name);
      });
      entered.push(name);
      return place;
    } catch (error) {
      if (!isOverloadError(error)) throw error;
      lost.push(name);
      return null;
    }
  };
  return { bodies, enter, entered, lost };
}

test("bodies that fit are admitted immediately; others wait for memory, smaller ones ahead of larger ones", async () => {
  const { bodies, enter, entered } = room();
  const first = await enter("first", 90);
  void enter("large", 50);
  void enter("small", 20);
  await enter("tiny", 10);
  expect(entered).toEqual(["first", "tiny"]);
  expect(bodies.held).toBe(100);
  first?.leave();
  first?.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(entered).toEqual(["first", "tiny", "large", "small"]);
  expect(bodies.held).toBe(80);
});

test("the number of waiting bodies and their waiting time are limited", async () => {
  const { bodies, enter, entered, lost } = room();
  (await enter("first", 100))?.complete();
  for (const name of ["a", "b", "c"]) void enter(name, 10);
  await vi.advanceTimersByTimeAsync(0);
  expect(lost).toEqual(["c"]);
  await vi.advanceTimersByTimeAsync(5 * SECOND);
  expect([entered, lost]).toEqual([["first"], ["c", "a", "b"]]);
  expect(bodies.held).toBe(100);
});

test("a body without a declared length reserves memory as it arrives, and is refused if none is free", async () => {
  const { bodies, enter } = room();
  const place = await enter("first", null);
  place?.take(60);
  expect(bodies.held).toBe(60);
  const other = await enter("other", 30);
  expect(() => place?.take(20)).toThrow(overloadError().message);
  other?.leave();
  place?.take(20);
  place?.leave();
  expect(bodies.held).toBe(0);
});

test("a single body is admitted whatever its size", async () => {
  const { enter, entered } = room();
  const place = await enter("huge", 1_000);
  place?.leave();
  await enter("next", 1);
  expect(entered).toEqual(["huge", "next"]);
});

test("while others wait, a slow body loses its reservation; a fast or complete body keeps it", async () => {
  const { enter, entered, lost } = room({ waitMs: 60 * SECOND });
  const slow = await enter("slow", 40);
  const brisk = await enter("brisk", 40);
  const whole = await enter("whole", 20);
  whole?.take(20);
  whole?.complete();
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(lost).toEqual([]);
  void enter("waiting", 30);
  for (let second = 0; second < 3; second++) {
    await vi.advanceTimersByTimeAsync(SECOND);
    brisk?.take(4);
    slow?.take(1);
  }
  expect([entered, lost]).toEqual([["slow", "brisk", "whole", "waiting"], ["slow"]]);
});
