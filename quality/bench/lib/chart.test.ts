import { expect, test } from "vitest";
import { atLeast, atMost } from "./figures";
import { Chart } from "./chart";

test("the picture has a row for every goal, and its text is escaped", () => {
  const picture = new Chart();
  picture.goals([
    { name: "reads <of> ids", value: 0.4, unit: "×", goal: atLeast(0.35) },
    { name: "errors", value: 0, unit: "", goal: atMost(0) },
    { name: "nearly", value: 92, unit: "MB", goal: atMost(90) },
    { name: "far", value: 0.05, unit: "×", goal: atLeast(0.1) },
    { name: "without a goal", value: 7, unit: "/s" },
  ]);
  const svg = picture.toSvg("Node 20", 'a "picture"');
  expect(svg.match(/reads &lt;of&gt; ids/g)).toHaveLength(1);
  expect(svg).toContain("at least 0.35");
  expect(svg).toContain(">0, at most 0<");
  expect([...svg.matchAll(/<text[^>]*class="head (\w+)">([^<]*)/g)].map((found) => found.slice(1))).toEqual([
    ["short", "missed by 2 %"],
    ["missed", "missed by 50 %"],
  ]);
  expect(svg).not.toContain("without a goal");
  expect(svg).toContain('aria-label="a &quot;picture&quot;"');
});

test("the longest bar fills the width, and the others are in proportion", () => {
  const picture = new Chart();
  const bars = [
    { kind: "floor", value: 200 },
    { kind: "own", value: 50 },
  ];
  picture.bars("reads", bars, 200);
  const widths = [...picture.toSvg("", "").matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toEqual([225, 56.3]);
});

test("a long text is wrapped, and the colours are explained", () => {
  const picture = new Chart();
  picture.legend([{ kind: "own", means: "this API" }]);
  const svg = picture.toSvg("word ".repeat(40).trim(), "");
  const lines = [...svg.matchAll(/>((?:word ?)+)</g)].map(([, line = ""]) => line);
  expect(lines.length).toBe(4);
  expect(lines.join(" ").split(" ")).toHaveLength(40);
  expect(svg).toMatch(/<rect[^>]*class="own"\/>\n<text[^>]*>this API</);
});
