import { expect, test } from "vitest";
import { brokenLines } from "./envLines";

test("settings as people write them are whole", () => {
  const text = `# one\n\nA=1\nexport B = 'two\nlines # of it' # and a comment\n  C=\nD="it's"\nE=it's\nF=a=b\r\nG=\`"\``;
  expect(brokenLines(text)).toEqual([]);
  expect(brokenLines("")).toEqual([]);
});

test("each line that sets nothing is told by its number, after values of several lines too", () => {
  const text = `A="two\nlines"\nCORS_ORIGINS\nB=1\nC: 2\nhello world=3\n=4\n1ST=5\nD="open\nE=6`;
  const what = "this is no NAME=value, and no comment";
  expect(brokenLines(text)).toEqual([
    ...[3, 5, 6, 7, 8].map((line) => ({ line, what })),
    { line: 9, what: 'the quote " is never closed' },
  ]);
});
