import { expect, test } from "vitest";
import { checksum } from "./hash.lib";

// From the FNV authors' own test vectors (test_fnv.c).
test.each([
  ["", "811c9dc5"],
  ["a", "e40c292c"],
  ["b", "e70c2de5"],
  ["foobar", "bf9cf968"],
])("the 32-bit FNV-1a of %j is %s", (text, sum) => {
  expect(checksum(text)).toBe(sum);
});

test("a checksum has eight digits, including leading zeros", () => {
  const sums = Array.from({ length: 1000 }, (_, n) => checksum(String(n)));
  expect(sums.some((sum) => sum.startsWith("0"))).toBe(true);
  for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{8}$/);
});
