/** Events of GitHub that earlier versions stored. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withEvent } from "./http/testing/storedEvents.testing";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

// The second format is that of version 0.2.0.
test.each(["github", "github:handle"])(
  "an event that stores the handler %s is processed",
  async (handler) => {
    const { processed } = await withEvent({ source: "github", handler });
    expect(await processed()).toMatchObject({ status: "success", handled: true });
  },
);

test("an event that stores the path of the handler's function is processed", async () => {
  const { processed } = await withEvent({ source: "other", handler: "webhooks/githubEffects:handle" });
  expect(await processed()).toMatchObject({ status: "success", handled: true });
});
