import { expect, test } from "vitest";
import { isContentType, sha256Of } from "./uploadHeaders";

test.each([
  ["text/plain", true],
  ["image/svg+xml", true],
  ['text/plain; charset=utf-8;  title="a; \\" b" ; ', true],
  ["", false],
  ["text", false],
  ["text/", false],
  ["text/plain, text/html", false],
  ["text/plain; charset", false],
  ["text/plain\r\nx: y", false],
  ["text/schön", false],
])("%s is a content type: %s", (text, expected) => {
  expect(isContentType(text)).toBe(expected);
});

test("a header full of blanks takes no longer than others", () => {
  expect(isContentType(`a/b${"; ".repeat(8_000)}?`)).toBe(false);
  expect(isContentType(`a/b;${" ".repeat(16_000)}?`)).toBe(false);
});

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
