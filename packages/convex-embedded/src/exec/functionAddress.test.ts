import { anyApi, componentsGeneric, getFunctionAddress, makeFunctionReference } from "convex/server";
import { expect, test } from "vitest";
import { addressIn } from "./functionAddress";

test.each([
  ["a reference of the generated api", anyApi["lib/items"]?.["get"]],
  ["a reference by name", makeFunctionReference<"query">("items:get")],
  ["a function of a component", componentsGeneric()["rateLimiter"]?.["lib"]?.["check"]],
  ["a name", "items:get"],
  ["a handle", "function://rateLimiter;lib:check"],
])("%s has the address that convex/server finds", (_, reference) => {
  expect(addressIn(reference)).toEqual(getFunctionAddress(reference));
});

test.each([null, undefined, 1, {}, anyApi, anyApi["items"], () => undefined])(
  "%o does not have an address",
  (value) => {
    expect(addressIn(value)).toBeNull();
  },
);
