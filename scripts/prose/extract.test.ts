import { describe, expect, test } from "vitest";
import { check } from "./check";
import { proseOf } from "./extract";

/** Returns each line of prose as `line:column text`. */
const shown = (file: string, text: string): string[] =>
  proseOf(file, text)
    .filter((line) => line.text.trim() !== "")
    .map(({ text: prose, line, column }) => `${line}:${column} ${prose}`);

const ts = (text: string): string[] => shown("a.ts", text);

describe("comments", () => {
  test("block comments lose their stars, and line comments their slashes", () => {
    expect(ts("/** One. */\nconst a = 1;\n/*\n * Two\n *   three.\n */\n  // Four.\n")).toEqual([
      "1:5 One.",
      "4:4 Two",
      "5:4   three.",
      "7:6 Four.",
    ]);
  });

  test("consecutive line comments are one paragraph, and comments of different statements are not", () => {
    const lines = (text: string) => proseOf("a.ts", text).map((line) => line.text);
    expect(lines("// One\n// two.\n")).toEqual(["One", "two.", ""]);
    expect(lines("a(); // One\nb(); // two\n")).toEqual(["One", "", "two", ""]);
    expect(lines("// One\n\n// two\n")).toEqual(["One", "", "two", ""]);
  });

  test("each tag begins a paragraph, and the tag and the parameter name are left out", () => {
    expect(ts("/** Reads. @param size in bytes. @throws Error for no file. */")).toEqual([
      "1:5 Reads.",
      "1:24 in bytes.",
      "1:42 Error for no file.",
    ]);
  });

  test("examples and directives are left out", () => {
    expect(ts("/**\n * One.\n *\n * @example\n * const nobody = 1;\n * @returns two.\n */")).toEqual([
      "2:4 One.",
      "6:13 two.",
    ]);
    expect(ts("// eslint-disable-next-line no-console\n// @ts-expect-error whoever\n")).toEqual([]);
  });

  test("comments are found before closing braces and between arguments, and not in strings or regular expressions", () => {
    expect(ts("f(a, /* one */ b, () => {\n  // two\n});\nconst c = { /* three */ };")).toEqual([
      "1:9 one",
      "2:6 two",
      "4:16 three",
    ]);
    expect(ts('const a = "// no", b = `/* no */ ${c /* yes */} // no`, d = /\\/\\/ no/;')).toEqual([
      "1:41 yes",
    ]);
  });

  test("comments in JavaScript and shell files are found", () => {
    expect(shown("a.mjs", "#!/usr/bin/env node\n// One.\n")).toEqual(["2:4 One."]);
    expect(shown("a.sh", "#!/bin/sh\n# One\n# two.\necho # no\n  # three\n")).toEqual([
      "2:3 One",
      "3:3 two.",
      "5:5 three",
    ]);
  });

  test("textlint-disable and textlint-enable work in TypeScript comments", async () => {
    const text =
      "// textlint-disable phrase\n// It belongs into it.\n\n// textlint-enable phrase\n// It belongs into it.\n";
    expect((await check("a.ts", text)).map(({ line }) => line)).toEqual([5]);
  });
});

describe("strings", () => {
  test("test titles are checked, and template expressions in them are masked", () => {
    expect(
      ts('test("one", () => {});\ntest.each([1])(`two ${a.b} three`, f);\ndescribe("four", g);'),
    ).toEqual(["1:7 one", "2:17 two xxxxxx three", "3:11 four"]);
  });

  test("summaries, descriptions and error messages are checked, and other strings are not", () => {
    const text = `const docs = { summary: "One", description: "two " + "three", other: "no" };
fail("not_found", \`No item \${id}\`);
throw new RangeError("four");
log("no");
`;
    expect(ts(text)).toEqual(["1:26 One", "1:46 two ", "1:55 three", "2:20 No item xxxxx", "3:23 four"]);
  });
});
