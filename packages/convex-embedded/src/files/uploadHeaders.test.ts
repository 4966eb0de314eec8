import { expect, test } from "vitest";
import { sha256Of } from "./uploadHeaders";

test("a digest is exactly 32 bytes in base64", () => {
  const digest = Buffer.alloc(32, 255);
  expect(sha256Of(digest.toString("base64"))).toEqual(digest);
  for (const other of [
    "",
    "AA==",
    digest.toString("hex"),
    digest.toString("base64url"),
    `${digest.toString("base64")} `,
  ])
    expect(sha256Of(other)).toBeNull();
});
