import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf } from "../../lib/failure.lib";
import { fakeContext } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";
import { withTimeout } from "./deadline.kit";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const never = new Promise<never>(() => undefined);
/** Runs `work` after `ms` milliseconds. */
const after = <T>(ms: number, work: () => T): Promise<T> =>
  new Promise<void>((done) => setTimeout(done, ms)).then(work);

describe("withTimeout", () => {
  test("returns the result of work that finishes in time", async () => {
    const work = withTimeout(1000, () => after(999, () => "done"));
    await vi.advanceTimersByTimeAsync(999);
    expect(await work).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("passes on the error of work that fails in time", async () => {
    const work = withTimeout(1000, () => Promise.reject(new Error("broken")));
    await expect(work).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("refuses with timed_out after the timeout", async () => {
    const ended = withTimeout(1000, () => never).catch((error: unknown) => failureOf(error));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toMatchObject({ code: "timed_out", headers: { "Retry-After": "5" } });
  });

  test("handles a rejection that occurs after the timeout", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const late = () =>
      after(2000, () => {
        throw new Error("too late");
      });
    const ended = withTimeout(1000, late).catch((error: unknown) => failureOf(error)?.code);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await ended).toBe("timed_out");
    vi.useRealTimers();
    await new Promise((done) => setImmediate(done));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a request", () => {
  // The first request loads this module before it starts its timer. On a loaded machine, the clock would advance first.
  beforeAll(async () => {
    await import("../system/system.routes");
  });

  test.each([
    ["25 s by default", undefined, 25_000],
    ["the value of REQUEST_TIMEOUT_MS", "50", 50],
    ["25 s if the value is not a number", "soon", 25_000],
    ["25 s if the value is 0", "0", 25_000],
    ["25 s if the value is negative", "-5", 25_000],
    ["the longest timer if the value is larger", "9999999999", 2 ** 31 - 1],
  ])("times out after %s and returns 503 with Retry-After", async (_, setting, ms) => {
    vi.stubEnv("REQUEST_TIMEOUT_MS", setting);
    const { send } = fakeContext({ "problems:explain": () => never });
    let answered = false;
    const reply = send("/problems/internal").finally(() => (answered = true));
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await reply).headers.get("retry-after")).toBe("5");
    expect((await problem(reply, 503, "timed_out")).detail).toBe(
      `The request did not finish within ${ms} ms`,
    );
  });
});
