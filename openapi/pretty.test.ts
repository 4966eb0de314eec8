import * as fc from "fast-check";
import { expect, test } from "vitest";
import { pretty } from "./pretty";

test("what is written reads back as the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(pretty(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("short things share a line, long ones do not", () => {
  expect(pretty({ a: [1, "b", {}, []], b: undefined })).toBe('{ "a": [1, "b", {}, []] }');
  const text = "x".repeat(90);
  expect(pretty({ a: [text, { b: text }] })).toBe(
    `{\n  "a": [\n    "${text}",\n    { "b": "${text}" }\n  ]\n}`,
  );
});
