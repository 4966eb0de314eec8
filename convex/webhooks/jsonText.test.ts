import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findText, redact } from "./jsonText.lib";

describe("findText", () => {
  test.each([
    ['{"action":"opened"}', ["action"], "opened"],
    [
      ' { "a" : [ "b" ] , "repository" : { "id" : 1 , "full_name" : "o/r" } } ',
      ["repository", "full_name"],
      "o/r",
    ],
    ['{"\\u0061ction":"\\u00fc\\n"}', ["action"], "ü\n"],
    ['{"a":{"action":"inner"},"b":"}","action":"outer"}', ["action"], "outer"],
    ['{"action":"first","action":"last"}', ["action"], "last"],
    ['{"x":"\\"action\\":","y":-1.5e3,"z":null,"action":"a"}', ["action"], "a"],
  ])("in %s, the string at %j is %j", (json, path, found) => {
    expect(findText(json, path)).toBe(found);
  });

  test.each([
    "{}",
    '{"action":""}',
    '{"action":1}',
    '{"action":{"a":"b"}}',
    '{"action":"\\ud800"}',
    '{"x":{"action":"b"}}',
  ])("in %s, the string is absent", (json) => {
    expect(findText(json, ["action"])).toBeUndefined();
  });

  test("returns the same strings as JSON.parse", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (others, text) => {
        const value: Record<string, unknown> = { ...others, sender: { ...others, login: text } };
        const found = findText(JSON.stringify(value, null, 1), ["sender", "login"]);
        expect(found).toBe(text === "" || !text.isWellFormed() ? undefined : text);
      }),
      { seed: 17 },
    );
  });
});

describe("redact", () => {
  test.each([
    ['{"client_secret":"x","a":1}', '{"client_secret":"[redacted]","a":1}'],
    ['{"a":[{"apiKey":{"b":[1,2]}}, 3]}', '{"a":[{"apiKey":"[redacted]"}, 3]}'],
    ['{"tok\\u0065n" : -1.5 ,"b":"token"}', '{"tok\\u0065n" : "[redacted]" ,"b":"token"}'],
    ['{"password":null}', '{"password":"[redacted]"}'],
  ])("%s becomes %s", (json, shown) => {
    expect(redact(json)).toBe(shown);
  });

  test("replaces objects and lists below 64 levels", () => {
    const nested = (levels: number, inner: string) => "[".repeat(levels) + inner + "]".repeat(levels);
    expect(redact(nested(64, "1"))).toBe(nested(64, "1"));
    expect(redact(nested(64, '{"a":"]"},[[2]],3'))).toBe(
      nested(64, '"[nested too deep]","[nested too deep]",3'),
    );
  });

  test("adds the prefix and the suffix, and keeps long strings", () => {
    const long = "y".repeat(200_000);
    expect(redact(`{"a":"${long}","secret":"${long}"}`, "<", ">")).toBe(
      `<{"a":"${long}","secret":"[redacted]"}>`,
    );
  });

  test("keeps all other values", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-f"\\]*$/), fc.jsonValue({ maxDepth: 5 })), (value) => {
        expect(JSON.parse(redact(JSON.stringify(value)))).toEqual(
          expected(JSON.parse(JSON.stringify(value))),
        );
      }),
      { seed: 17 },
    );
  });
});

/** Redacts parsed values instead of text. */
function expected(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(expected);
  const hidden = /secret|token|password|passwd|api_?key|authorization|private_metadata/i;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, hidden.test(name) ? "[redacted]" : expected(inner)]),
  );
}
