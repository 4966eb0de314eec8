import { expect, test } from "vitest";
import { mentionOf } from "./mention.lib";

const names = mentionOf("Ada@example.com");

test("a payload of a million backslashes is read in linear time", () => {
  expect(names(`${"\\".repeat(1_000_000)}x ada@example.com`)).toBe(true);
});

test.each([
  "ada@example.com",
  '{"email":"ADA@EXAMPLE.COM"}',
  '{"email":"ada\\u0040example.com"}',
  '{"message":"Fix\\nada@example.com"}',
  '{"body":"{\\"email\\":\\"ada@example.com\\"}"}',
  '{"body":"{\\"email\\":\\"ada\\\\u0040example.com\\"}"}',
  "Signed-off-by: Ada <ada@example.com>",
  "Write to ada@example.com.",
  "https://example.com/?email=ada%40example.com&x=1",
])("%s names the address", (text) => {
  expect(names(text)).toBe(true);
});

test.each([
  "nada@example.com",
  "x.ada@example.com",
  "x+ada@example.com",
  "ada@example.com.au",
  "ada@example.community",
  "ada@exampleXcom",
  "ada at example.com",
  "",
])("%s does not name the address", (text) => {
  expect(names(text)).toBe(false);
});

test("characters of the address that are special in a pattern stand for themselves", () => {
  expect(mentionOf("a.b+c@example.com")("a.b+c@example.com")).toBe(true);
  expect(mentionOf("a.b+c@example.com")("axbbc@example.com")).toBe(false);
  expect(mentionOf("$&@example.com")("$&@example.com")).toBe(true);
});
