import { expect, test } from "vitest";
import { brokenLines } from "./envLines";

test("common forms of settings are valid", () => {
  const text = `# one\n\nA=1\nexport B = 'two\nlines # of it' # and a comment\n  C=\nD="it's"\nE=it's\nF=a=b\r\nG=\`"\``;
  expect(brokenLines(text)).toEqual([]);
  expect(brokenLines("")).toEqual([]);
});

test("each broken line is reported with its number, even after values over several lines", () => {
  const text = `A="two\nlines"\nCORS_ORIGINS\nB=1\nC: 2\nhello world=3\n=4\n1ST=5\nD="open\nE=6`;
  const problem = "expected NAME=value or a comment";
  expect(brokenLines(text)).toEqual([
    ...[3, 5, 6, 7, 8].map((line) => ({ line, problem })),
    { line: 9, problem: 'the quote " is never closed' },
  ]);
});
