import fc from "fast-check";
import { expect, test } from "vitest";
import { hasLoneSurrogate, textField } from "./jsonText";

test.each([
  ['{"path":"items:get","args":{}}', "items:get"],
  [' { "args" : [{"path":"inner"}, "path", {}] , "path" : "outer" } ', "outer"],
  [String.raw`{"a\"{":"}","path":"a\u003ab\"c"}`, 'a:b"c'],
  ['{"path":"first","path":"second"}', "first"],
  ['{"value":"path","path":"it"}', "it"],
  ['{"path":{"path":"inner"}}', null],
  ['{"path":["x"],"other":"y"}', null],
  ['{"path":1}', null],
  ['{"paths":"x"}', null],
  ['[{"path":"x"}]', null],
  ['["path","x"]', null],
  ['"path"', null],
  ['{"path', null],
  ['{"path":"x', null],
  [String.raw`{"path":"\x"}`, null],
  ["", null],
  ["{", null],
  ["}}}}", null],
])("%s names %s", (json, expected) => {
  expect(textField(json, "path")).toBe(expected);
});

test("a field of an object is found at any position", () => {
  const json = fc.json({ maxDepth: 3 });
  fc.assert(
    fc.property(fc.array(json), fc.string(), fc.array(json), (before, path, after) => {
      const fields = (values: string[], name: string) => values.map((value, i) => `"${name}${i}":${value}`);
      const all = [...fields(before, "a"), `"path":${JSON.stringify(path)}`, ...fields(after, "b")];
      expect(textField(`{${all.join(",")}}`, "path")).toBe(path);
    }),
  );
});

test("a lone surrogate is found, however the rest of the text is escaped", () => {
  const unit = fc.constantFrom(0x41, 0x5c, 0x22, 0xd83d, 0xde00, 0xdfff, 0xd800, 0x75);
  fc.assert(
    fc.property(fc.array(fc.tuple(unit, fc.boolean()), { maxLength: 8 }), (units) => {
      const text = String.fromCharCode(...units.map(([code]) => code));
      const hex = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;
      const written = units.map(([code, escaped]) => {
        const plain = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
        return escaped || (code >= 0xd800 && code <= 0xdfff) ? hex(code) : plain;
      });
      const json = `["${written.join("")}"]`;
      expect(JSON.parse(json)).toEqual([text]);
      expect(hasLoneSurrogate(json)).toBe(/\p{Surrogate}/u.test(text));
    }),
    { numRuns: 2000 },
  );
});

test("unescaped characters contain no lone surrogate", () => {
  expect(hasLoneSurrogate(String.raw`{"😀": "😀\n\\ud83d\\"}`)).toBe(false);
  expect(hasLoneSurrogate(String.raw`{"a": "\ud83d😀"}`)).toBe(true);
});
