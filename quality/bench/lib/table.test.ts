import { expect, test } from "vitest";
import { markdownTable } from "./table";

test("columns are as wide as their widest cell, and numbers are right-aligned", () => {
  expect(
    markdownTable(
      ["what", "n"],
      [
        ["reads", "12,345"],
        ["x", ""],
      ],
    ),
  ).toBe(["| what  |      n |", "| ----- | -----: |", "| reads | 12,345 |", "| x     |        |"].join("\n"));
});
