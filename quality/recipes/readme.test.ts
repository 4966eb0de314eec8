import { describe, expect, test } from "vitest";
import { changed, stepsUnder } from "./readme";

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;

const README = [
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
  test("are its blocks in their order, up to the next heading of its level", () => {
    expect(stepsUnder("## Steps", README)).toEqual([
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
    expect(stepsUnder("### More", README)).toHaveLength(2);
  });

  test("are not made up: no heading, no file and a language that nobody follows are errors", () => {
    expect(() => stepsUnder("## Nowhere", README)).toThrow("no heading ## Nowhere");
    expect(() => stepsUnder("## A", `## A\n\nJust so:\n\n${block("ts", "x")}`)).toThrow("which file");
    expect(() => stepsUnder("## A", `## A\n\n\`a.py\`:\n\n${block("python", "x")}`)).toThrow(
      "block of python",
    );
  });
});

describe("a change", () => {
  const change = { before: "  b\n", after: "  b\n  c\n" };

  test("is made where its lines are, whole lines only", () => {
    expect(changed("a\n  b\nd\n", change)).toBe("a\n  b\n  c\nd\n");
    expect(changed("  b\n", change)).toBe("  b\n  c\n");
    expect(() => changed("a   b\n", change)).toThrow("not there");
  });

  test("is refused where its lines are missing, or more than once there", () => {
    expect(() => changed("a\n", change)).toThrow("not there");
    expect(() => changed("  b\n  b\n", change)).toThrow("more than once");
  });
});
