import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hashApiKey, KEY_PREFIX, looksLikeApiKey, newApiKey, publicIdOf } from "./apiKey.lib";
import { checksum } from "../lib/hash.lib";

const anyKey = fc
  .tuple(fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{12}$/), fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{40}$/))
  .map(([publicId, secret]) => {
    const body = `${KEY_PREFIX}${publicId}_${secret}`;
    return `${body}_${checksum(body)}`;
  });

test("a new key contains its public id, and its hash is the hash of the whole key", async () => {
  const { key, publicId, hash } = await newApiKey();
  expect(key.startsWith(KEY_PREFIX)).toBe(true);
  expect(key.slice(KEY_PREFIX.length)).toMatch(/^[0-9a-z]{12}_[0-9a-z]{40}_[0-9a-f]{8}$/);
  expect([publicIdOf(key), looksLikeApiKey(key)]).toEqual([publicId, true]);
  expect(hash).toBe(await hashApiKey(key));
});

test("the hash is the SHA-256 in lower-case hex", async () => {
  expect(await hashApiKey("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("public ids and secrets are unique, and secrets use the whole alphabet", async () => {
  const keys = await Promise.all(Array.from({ length: 500 }, () => newApiKey()));
  for (const at of [1, 2]) expect(new Set(keys.map(({ key }) => key.split("_")[at])).size).toBe(500);
  const characters = new Set(keys.flatMap(({ key }) => Array.from(key.split("_")[2] ?? "")));
  // 40 characters of an alphabet of 32: 200 random bits.
  expect([...characters].sort().join("")).toBe("0123456789abcdefghjkmnpqrstvwxyz");
});

test("a key with one changed character is not a key", () => {
  const anyCharacter = fc.oneof(
    fc.stringMatching(/^[\w -]$/),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(anyKey, fc.nat(), anyCharacter, (key, n, character) => {
      const at = n % key.length;
      fc.pre(key[at] !== character);
      expect(publicIdOf(key)).not.toBeNull();
      expect(publicIdOf(key.slice(0, at) + character + key.slice(at + 1))).toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test("a key with a dropped, doubled or swapped character is not a key", () => {
  fc.assert(
    fc.property(anyKey, fc.nat(), (key, n) => {
      const at = n % (key.length - 1);
      const [before, first, second, after] = [
        key.slice(0, at),
        key[at] ?? "",
        key[at + 1] ?? "",
        key.slice(at + 2),
      ];
      expect(publicIdOf(before + second + after)).toBeNull();
      expect(publicIdOf(before + first + first + second + after)).toBeNull();
      if (first !== second) expect(publicIdOf(before + second + first + after)).toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test("other texts are not keys", () => {
  for (const text of [
    "",
    KEY_PREFIX,
    `${KEY_PREFIX}__`,
    `${KEY_PREFIX.toUpperCase()}x`,
    "eyJhbGciOiJub25lIn0.e30.",
  ])
    expect(publicIdOf(text)).toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(publicIdOf(text)).toBeNull();
      expect(publicIdOf(`${KEY_PREFIX}${text}`)).toBeNull();
    }),
  );
});
