import { expect, test } from "vitest";
import { markdownTable } from "./table";

test("columns are as wide as their widest cell, numbers stand at the right", () => {
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
