import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { checkJson, decodeUtf8 } from "./json.lib";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("checkJson accepts the same texts as JSON.parse", () => {
  test.each([
    ...[
      "",
      " ",
      "0",
      "-0",
      "-",
      "01",
      "-01",
      "1.",
      ".5",
      "1.5e",
      "1e+",
      "1E-2",
      "0.0e0",
      "+1",
      "1_0",
      "0x1",
      "NaN",
    ],
    ...[
      "true",
      "tru",
      "truex",
      "null",
      "nullnull",
      "undefined",
      "'a'",
      '"a',
      '"a"b',
      '""',
      '"\t"',
      '"\u007f"',
    ],
    ...[
      '"\\',
      '"\\"',
      '"\\x"',
      '"\\u12"',
      '"\\u12g4"',
      '"\\u00e9\\n\\/"',
      '"\\U0041"',
      '"\\ud83d\\u"',
      '"\u2028"',
    ],
    ...[
      "[]",
      "[",
      "]",
      "[,]",
      "[1,]",
      "[1 2]",
      "[1,2]]",
      "[[]",
      "[}",
      "\ufeff1",
      "\u00a01",
      " \t\r\n1\n",
      "1,",
    ],
    ...[
      "{}",
      "{",
      "{,}",
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{"a":1 "b":2}',
      "{a:1}",
      '{"a":1]',
      '{"a":{"b":[]}}',
    ],
    ...['{"a":1,"a":2}', '{"":""}', '{"a" : [ 1 , { } ] }', "[1]/**/", "//", "[true,false,null]"],
  ])("%j", (text) => {
    expect(checkJson(text).valid).toBe(isJson(text));
  });

  test("random JSON, and random JSON with one character changed", () => {
    const mutated = fc.tuple(
      fc.json({ maxDepth: 6 }),
      fc.nat(),
      fc.constantFrom(...Array.from('{}[]",:\\u0019eE+-.tfn \n'), ""),
    );
    fc.assert(
      fc.property(mutated, ([text, at, character]) => {
        expect(checkJson(text)).toEqual({ valid: true });
        const offset = at % (text.length + 1);
        const changed = text.slice(0, offset) + character + text.slice(offset + 1);
        expect([changed, checkJson(changed).valid]).toEqual([changed, isJson(changed)]);
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });

  test("a million unbalanced brackets", () => {
    for (const text of ["[".repeat(1_000_000), "]".repeat(1_000_000), '{"a":['.repeat(200_000)])
      expect(checkJson(text)).toEqual({ valid: false });
  });
});

describe("checkJson returns the first flaw with its path", () => {
  test.each([
    ['"\\ud83d"', "", "contains a lone surrogate"],
    ['["","\\ude00\\ud83d"]', "1", "contains a lone surrogate"],
    ['{"a":[0,{"b.c":"\\ud83d\\\\ude00"}]}', "a.1.b.c", "contains a lone surrogate"],
    ['{"\\u0041":{"\\ud83dx":1}}', "A", "has a field name with a lone surrogate"],
    ['{"\\udc00":1}', "", "has a field name with a lone surrogate"],
    ["[1,-1e309]", "1", "is a number out of range"],
    ["9".repeat(400), "", "is a number out of range"],
    ["1e99999999999999999999", "", "is a number out of range"],
    ['{"a":1e999,"b":"\\ud800"}', "a", "is a number out of range"],
    [nested(65), "", "must not be nested deeper than 64 levels"],
    [nested(500_000), "", "must not be nested deeper than 64 levels"],
  ])("%.60s", (text, path, message) => {
    expect(checkJson(text)).toEqual({ valid: true, flaw: { path, message } });
  });

  test.each([
    nested(64),
    '"\\ud83d\\ude00 \\uD83D\\uDE00 🦎"',
    "[1e308,1.7976931348623157e308,1e-999,0.1e308]",
    `${"0.0".padEnd(1000, "0")}1e300`,
    "1".repeat(308),
  ])("a text without a flaw: %.40s", (text) => {
    expect(checkJson(text)).toEqual({ valid: true });
  });
});

test("bytes that are not UTF-8 have no text, also where the decoder returns undefined for them, as Convex's does", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  expect(decodeUtf8(bytes(0x61, 0xc3, 0xa9), false)).toBe("aé");
  expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf), false)).toBe("");
  expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf), true)).toBe("\ufeff");
  expect(decodeUtf8(bytes(0xc3), false)).toBeNull();
  vi.stubGlobal(
    "TextDecoder",
    class {
      readonly decode = () => undefined;
    },
  );
  expect(decodeUtf8(bytes(0xc3), false)).toBeNull();
});
