import { expectTypeOf, test } from "vitest";
import { toPayment, toSubscription } from "../../views/billing.lib";
import type { Shape } from "../kit/contract.kit";
import type { Payment, Subscription } from "./billing.contract";

test("events have the shapes that the contracts declare", () => {
  expectTypeOf(toPayment).returns.toExtend<Shape<typeof Payment>>();
  expectTypeOf(toSubscription).returns.toExtend<Shape<typeof Subscription>>();
});
