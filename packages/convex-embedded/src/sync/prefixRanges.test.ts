import { expect, test } from "vitest";
import { below, randomOf, SEED } from "../../fixtures/random";
import { PrefixRanges } from "./prefixRanges";

test("finds the same owners as a search of all ranges, also after ranges were removed", () => {
  const random = randomOf(SEED);
  const text = (): string => Array.from({ length: below(random, 5) }, () => "abc"[below(random, 3)]).join("");
  const index = new PrefixRanges<number>();
  const all = new Map<number, { start: string; end: string }>();
  for (let owner = 0; owner < 300; owner++) {
    const [start = "", end = ""] = [text(), text()].toSorted();
    const range = { start, end: below(random, 2) === 0 ? `${start}\u00ff` : end };
    all.set(owner, range);
    index.add(range, owner);
    const removed = below(random, owner + 1);
    const gone = all.get(removed);
    if (owner % 3 !== 0 || gone === undefined) continue;
    index.remove(gone, removed);
    all.delete(removed);
  }
  for (let i = 0; i < 500; i++) {
    const key = text();
    const expected = [...all].flatMap(([owner, { start, end }]) =>
      start <= key && key < end ? [owner] : [],
    );
    expect([...index.ownersAt(key)].toSorted((a, b) => a - b)).toEqual(expected);
  }
  for (const [owner, range] of all) index.remove(range, owner);
  expect(index.isEmpty).toBe(true);
});
