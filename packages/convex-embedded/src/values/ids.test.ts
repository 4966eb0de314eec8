import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeId, encodeId, newInternalId } from "./ids";

const anyInternal = fc.uint8Array({ minLength: 16, maxLength: 16 });
const anyTable = fc.oneof(fc.integer({ min: 1, max: 0xffff_ffff }), fc.integer({ min: 1, max: 20_000 }));
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

test("an id is encoded like on Convex", () => {
  // The vector of `test_document_id_stability` in the backend's id_v6.rs.
  const internal = new Uint8Array(16).fill(251);
  for (let i = 1; i < 16; i++) internal[i] = ((internal[i - 1] ?? 0) * 251) & 0xff;
  expect(encodeId(1017, internal)).toBe("z43zp6c3e75gkmz1kfwj6mbbx5sw281h");
});

test("an id decodes to its table number and internal bytes", () => {
  fc.assert(
    fc.property(anyTable, anyInternal, (tableNumber, internal) => {
      const decoded = decodeId(encodeId(tableNumber, internal));
      expect(decoded?.tableNumber).toBe(tableNumber);
      expect(decoded && Uint8Array.from(decoded.internal)).toEqual(internal);
    }),
    { numRuns: 1000 },
  );
});

test("an id with any one character changed is invalid", () => {
  fc.assert(
    fc.property(anyTable, anyInternal, (tableNumber, internal) => {
      const id = encodeId(tableNumber, internal);
      for (let i = 0; i < id.length; i++) {
        for (const character of ALPHABET) {
          if (character === id[i]) continue;
          const altered = id.slice(0, i) + character + id.slice(i + 1);
          if (decodeId(altered) !== null) throw new Error(`${altered} decodes, although only ${id} is valid`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a decoded string encodes to the same string", () => {
  const idLike = fc.string({ unit: fc.constantFrom(...Array.from(ALPHABET)), minLength: 30, maxLength: 38 });
  fc.assert(
    fc.property(idLike, (text) => {
      const decoded = decodeId(text);
      expect(decoded === null || encodeId(decoded.tableNumber, decoded.internal) === text).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

describe("refused ids", () => {
  const id = encodeId(10_001, newInternalId());

  test.each([
    ["nothing", ""],
    ["a character less", id.slice(0, -1)],
    ["a character more", `${id}0`],
    ["upper case", id.toUpperCase()],
    ["a letter outside the alphabet", `u${id.slice(1)}`],
    ["a character beyond ASCII", `é${id.slice(1)}`],
    ["a very long text", "x".repeat(10_000)],
  ])("%s", (_name, text) => {
    expect(decodeId(text)).toBeNull();
  });

  test("an invalid table number, or internal bytes of the wrong length", () => {
    expect(() => encodeId(0, newInternalId())).toThrow("table number");
    expect(() => encodeId(2 ** 32, newInternalId())).toThrow("table number");
    expect(() => encodeId(1, new Uint8Array(15))).toThrow("16 bytes");
  });
});

test("ids of one table sort like their internal bytes", () => {
  fc.assert(
    fc.property(anyTable, anyInternal, anyInternal, (table, a, b) => {
      const [left, right] = [encodeId(table, a), encodeId(table, b)];
      expect(Math.sign(Buffer.compare(a, b))).toBe(left < right ? -1 : left === right ? 0 : 1);
    }),
  );
});

test("new internal ids are 16 bytes and all different", () => {
  const ids = Array.from({ length: 1000 }, () => newInternalId());
  expect(ids.every((internal) => internal.length === 16)).toBe(true);
  expect(new Set(ids.map((internal) => internal.toString("hex"))).size).toBe(1000);
});
