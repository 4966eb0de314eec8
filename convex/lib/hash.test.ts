import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { checksum, sha256 } from "./hash.lib";

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

test("the SHA-256 of a text is that of its UTF-8 bytes, with all leading zeros", async () => {
  for (let n = 0; n < 200; n++) {
    const text = `é${n}`;
    const expected = createHash("sha256").update(text).digest("hex");
    expect([await sha256(text), await sha256(new TextEncoder().encode(text))]).toEqual([expected, expected]);
  }
});
