import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lineWriter } from "./lineWriter";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function collect() {
  const written: string[] = [];
  return { written, ...lineWriter({ write: (text) => written.push(text) }) };
}

test("the first line is written immediately, and later lines in batches of 10 ms", () => {
  const { written, write } = collect();
  for (const line of ["a", "b", "c"]) write(line);
  expect(written).toEqual(["a\n"]);
  vi.advanceTimersByTime(10);
  expect(written).toEqual(["a\n", "b\nc\n"]);
  write("d");
  expect(written).toHaveLength(2);
  vi.advanceTimersByTime(10);
  expect(written.at(-1)).toBe("d\n");
});

test("after a pause a line is written immediately again", () => {
  const { written, write } = collect();
  write("a");
  vi.advanceTimersByTime(10);
  write("b");
  expect(written).toEqual(["a\n", "b\n"]);
  vi.advanceTimersByTime(20);
  expect(vi.getTimerCount()).toBe(0);
});

test("buffered lines are written when the process ends", () => {
  const { written, write, flush } = collect();
  for (const line of ["a", "b"]) write(line);
  flush();
  expect(written).toEqual(["a\n", "b\n"]);
  vi.advanceTimersByTime(10);
  expect(written).toHaveLength(2);
});
