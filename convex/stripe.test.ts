/** Events of Stripe that earlier versions stored. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withEvent } from "./http/testing/storedEvents.testing";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

// The second format is that of version 0.2.0.
test.each(["stripe", "stripeEvents:handle"])(
  "an event that stores the handler %s is processed",
  async (handler) => {
    const { processed } = await withEvent({ source: "stripe", handler });
    expect(await processed()).toMatchObject({ status: "success", handled: false });
  },
);
