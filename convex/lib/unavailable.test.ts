import { ConvexError } from "convex/values";
import { describe, expect, test } from "vitest";
import { platformFailureOf } from "./unavailable.lib";

describe("a temporary error of the platform becomes an unavailable failure", () => {
  test.each([
    ["a service of Convex that is down", "Service temporarily unavailable"],
    [
      "a store of the embedded runtime that is full",
      "Service temporarily unavailable: The commit failed: database or disk is full. Nothing was written.",
    ],
    ["the same error from a called action", "Uncaught Error: Service temporarily unavailable"],
    ["an internal error of Convex", "Your request couldn't be completed. Try again later."],
    [
      "a transaction that conflicted on every attempt",
      'Documents read from or written to the "items" table changed while this mutation was being run and on every subsequent retry. See https://docs.convex.dev/error#1',
    ],
    [
      "a conflict on a system table",
      "Data read or written in this mutation changed while it was being run. Consider reducing the amount of data read",
    ],
  ])("%s", (_what, message) => {
    expect(platformFailureOf(new Error(message))).toMatchObject({
      code: "unavailable",
      headers: { "Retry-After": "5" },
    });
  });

  test("the detail does not contain the cause", () => {
    const failure = platformFailureOf(new Error("Service temporarily unavailable: /data is locked"));
    expect(failure?.detail).toBe("The server cannot do this now: try again in 5 s");
  });
});

test.each([
  new Error("Cannot read properties of undefined"),
  new Error("He said: Service temporarily unavailable"),
  new ConvexError({ kind: "failure", code: "not_found", detail: "Service temporarily unavailable" }),
  "Service temporarily unavailable",
  undefined,
])("any other error is not converted: %s", (error) => {
  expect(platformFailureOf(error)).toBeUndefined();
});
