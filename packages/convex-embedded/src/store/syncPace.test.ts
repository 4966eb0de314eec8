import { expect, test } from "vitest";
import { SyncPace } from "./syncPace";

/** Records syncs that follow one another. Returns the time of the last one's end. */
function record(pace: SyncPace, start: number, ...milliseconds: number[]): number {
  let now = start;
  for (const took of milliseconds) pace.record((now += took), took);
  return now;
}

test("a fast disk is synced in this thread, and stays fast after one slow sync", () => {
  const pace = new SyncPace();
  expect(pace.isFast(0)).toBe(true);
  const now = record(pace, 0, ...Array.from({ length: 50 }, () => 0.1), 10);
  expect(pace.isFast(now)).toBe(true);
});

test("a disk that becomes slow is synced in another thread, until a sync in this thread is fast again", () => {
  const pace = new SyncPace();
  const slow = record(pace, 0, 0.1, 0.1, ...Array.from({ length: 4 }, () => 10));
  expect(pace.isFast(slow)).toBe(false);
  expect(pace.isFast(slow + 999)).toBe(false);
  expect(pace.isFast(slow + 1_000)).toBe(true);
  const fast = record(pace, slow + 1_000, 0.1);
  expect(pace.isFast(fast)).toBe(true);
});

test("a disk that stays slow is measured less and less often, at least once a minute", () => {
  const pace = new SyncPace();
  const pauses: number[] = [];
  let now = 0;
  for (let i = 0; i < 9; i++) {
    const ended = record(pace, now, 10);
    now = ended;
    while (!pace.isFast(now)) now += 500;
    pauses.push(now - ended);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});
