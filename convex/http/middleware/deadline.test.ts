import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf } from "../../lib/failure.lib";
import { fakeContext } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";
import { withTimeout } from "./deadline.middleware";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const never = new Promise<never>(() => undefined);
/** Runs `work` after `ms` milliseconds. */
const after = <T>(ms: number, work: () => T): Promise<T> =>
  new Promise<void>((done) => setTimeout(done, ms)).then(work);

describe("work is waited for", () => {
  test("as long as it ends in time", async () => {
    const work = withTimeout(1000, () => after(999, () => "done"));
    await vi.advanceTimersByTimeAsync(999);
    expect(await work).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("and its failure is its own", async () => {
    const work = withTimeout(1000, () => Promise.reject(new Error("broken")));
    await expect(work).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("but not for longer", async () => {
    const ended = withTimeout(1000, () => never).catch((error: unknown) => failureOf(error));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toMatchObject({ code: "timed_out", headers: { "Retry-After": "5" } });
  });

  test("and a later failure does not become an unhandled rejection", async () => {
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
  test.each([
    ["25 s unless told otherwise", undefined, 25_000],
    ["what REQUEST_TIMEOUT_MS says", "50", 50],
    ["25 s where that makes no sense", "soon", 25_000],
    ["25 s where that is none", "0", 25_000],
    ["25 s where that is negative", "-5", 25_000],
    ["as long as a timer runs where it says more", "9999999999", 2 ** 31 - 1],
  ])("has %s: then 503, and when to try again", async (_, setting, ms) => {
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
