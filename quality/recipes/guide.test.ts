import { describe, expect, test } from "vitest";
import { changed, stepsUnder } from "./guide";

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;

const GUIDE = [
  "# A project\n",
  "## Steps\n",
  "Write `lib/a.ts`, which is\nlike `other`:\n",
  block("ts", "export {};"),
  "### More\n",
  "`b.ts` gets a line.\n",
  block("diff", " one\n+two\n@@\n-three"),
  block("sh", "# no heading\nnpm test"),
  "## Elsewhere\n",
  block("sh", "npm start"),
].join("\n");

describe("the steps under a heading", () => {
  test("are the code blocks in order, up to the next heading of the same level", () => {
    expect(stepsUnder("## Steps", GUIDE)).toEqual([
      { kind: "write", file: "lib/a.ts", text: "export {};\n" },
      {
        kind: "edit",
        file: "b.ts",
        changes: [
          { before: "one\n", after: "one\ntwo\n" },
          { before: "three\n", after: "" },
        ],
      },
      { kind: "run", commands: "# no heading\nnpm test\n" },
    ]);
    expect(stepsUnder("### More", GUIDE)).toHaveLength(2);
  });

  test("a missing heading, a missing file name and an unknown language are errors", () => {
    expect(() => stepsUnder("## Nowhere", GUIDE)).toThrow("no heading ## Nowhere");
    expect(() => stepsUnder("## A", `## A\n\nJust so:\n\n${block("ts", "x")}`)).toThrow("names no file");
    expect(() => stepsUnder("## A", `## A\n\n\`a.py\`:\n\n${block("python", "x")}`)).toThrow(
      "block of python",
    );
  });
});

describe("a change", () => {
  const change = { before: "  b\n", after: "  b\n  c\n" };

  test("replaces whole lines only", () => {
    expect(changed("a\n  b\nd\n", change)).toBe("a\n  b\n  c\nd\n");
    expect(changed("  b\n", change)).toBe("  b\n  c\n");
    expect(() => changed("a   b\n", change)).toThrow("does not contain");
  });

  test("is refused if the file does not contain its lines, or contains them more than once", () => {
    expect(() => changed("a\n", change)).toThrow("does not contain");
    expect(() => changed("  b\n  b\n", change)).toThrow("contains more than once");
  });
});
