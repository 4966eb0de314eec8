import { expect, test } from "vitest";
import { merged } from "./merge";

const LINES = ["a", "b", "c", "d", "e", "f", "g"];
const text = (changes: Readonly<Record<number, string>> = {}) =>
  LINES.map((line, at) => `${changes[at] ?? line}\n`).join("");

/** Merges one file. Undefined means that the side does not have the file. */
function mergeOne(base: string | undefined, theirs: string | undefined, now: string | undefined) {
  const side = (content: string | undefined) => new Map(content === undefined ? [] : [["f.ts", content]]);
  return merged(side(base), () => theirs, side(now));
}

const NOTHING = { writes: new Map(), removals: [], conflicts: [], left: [] };

test("a file that the app has not changed becomes the new one", () => {
  expect(mergeOne(text(), text(), text({ 1: "B" }))).toEqual({
    ...NOTHING,
    writes: new Map([["f.ts", text({ 1: "B" })]]),
  });
});

test("a new file is written, and a file that is no longer part is removed", () => {
  expect(mergeOne(undefined, undefined, text())).toEqual({ ...NOTHING, writes: new Map([["f.ts", text()]]) });
  expect(mergeOne(text(), text(), undefined)).toEqual({ ...NOTHING, removals: ["f.ts"] });
});

test("a change that only the app has made stays", () => {
  expect(mergeOne(text(), text({ 1: "mine" }), text())).toEqual(NOTHING);
  expect(mergeOne(text(), undefined, text())).toEqual(NOTHING);
});

test("changes of both sides in different lines are merged", () => {
  const { writes, conflicts } = mergeOne(text(), text({ 0: "mine" }), text({ 6: "new" }));
  expect(writes.get("f.ts")).toBe(text({ 0: "mine", 6: "new" }));
  expect(conflicts).toEqual([]);
});

test("changes of both sides in the same line are marked as a conflict", () => {
  const { writes, conflicts } = mergeOne(text(), text({ 3: "mine" }), text({ 3: "new" }));
  expect(writes.get("f.ts")).toContain("<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> new\n");
  expect(conflicts).toEqual(["f.ts"]);
});

test("a changed file that the other side has removed is left to the owner", () => {
  expect(mergeOne(text(), text({ 1: "mine" }), undefined)).toEqual({ ...NOTHING, left: ["f.ts"] });
  expect(mergeOne(text(), undefined, text({ 1: "new" }))).toEqual({ ...NOTHING, left: ["f.ts"] });
});
