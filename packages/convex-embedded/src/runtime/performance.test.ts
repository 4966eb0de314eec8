import { expect, test } from "vitest";
import { executions } from "../exec/execution";
import type { Execution } from "../exec/execution";
import { performanceGlobals } from "./performance";

/** Runs `work` as a function does. */
const inFunction = <T>(work: () => T): T => executions.run({} as Execution, work);

function start() {
  let time = 0;
  const globals = performanceGlobals(() => time, 1_000);
  return { ...globals, at: (now: number) => (time = now) };
}

test("marks and measures are entries of the function that created them", () => {
  const { performance, at } = start();
  inFunction(() => {
    at(3);
    const detail = { a: [1] };
    const mark = performance.mark("begin", { detail });
    expect(mark.toJSON()).toEqual({ name: "begin", entryType: "mark", startTime: 3, duration: 0, detail });
    expect(mark.detail).not.toBe(detail);
    at(10);
    expect(performance.measure("all")).toMatchObject({ startTime: 0, duration: 10 });
    expect(performance.measure("since", "begin")).toMatchObject({ startTime: 3, duration: 7 });
    performance.mark("end", { startTime: 8 });
    expect(performance.measure("between", "begin", "end")).toMatchObject({ startTime: 3, duration: 5 });
    expect(performance.measure("a", { start: "begin", duration: 2 })).toMatchObject({ duration: 2 });
    expect(performance.measure("b", { end: "end", duration: 2 })).toMatchObject({ startTime: 6 });
    expect(performance.getEntriesByType("mark")).toHaveLength(2);
    expect(performance.getEntriesByName("since", "mark")).toEqual([]);
    performance.clearMarks("begin");
    performance.clearMeasures();
    expect(performance.getEntries().map(({ name }) => name)).toEqual(["end"]);
    expect(performance.getEntriesByName("end")).toHaveLength(1);
  });
  inFunction(() => expect(performance.getEntries()).toEqual([]));
  performance.mark("outside");
  expect(performance.getEntries()).toEqual([]);
});

test("wrong marks, measures and constructors are refused as on Convex", () => {
  const { performance, Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure } = start();
  inFunction(() => {
    expect(() => performance.measure("a", "missing")).toThrow('Cannot find mark: "missing"');
    expect(() => performance.measure("a", { start: -1 })).toThrow("Mark cannot be negative: received -1");
    expect(() => performance.measure("a", { start: 1 }, "b")).toThrow(
      'Options cannot be passed with "endMark"',
    );
    expect(() => performance.measure("a", { start: 1, end: 2, duration: 1 })).toThrow(
      'Cannot specify "start", "end", and "duration" together in options',
    );
    expect(() => new PerformanceMark("a", { startTime: -1 })).toThrow("startTime cannot be negative");
  });
  for (const Class of [Performance, PerformanceEntry, PerformanceMeasure]) {
    expect(() => Reflect.construct(Class, []) as unknown).toThrow(new TypeError("Illegal constructor"));
  }
  expect(performance.toJSON()).toEqual({ timeOrigin: 1_000 });
});
