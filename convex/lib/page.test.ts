import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPage, type Page, type Position, type Range } from "./page.lib";

type Doc = { _id: string; _creationTime: number };

const newestFirst = (a: Doc, b: Doc) => b._creationTime - a._creationTime || (a._id < b._id ? 1 : -1);

/** Reads documents as a Convex index does: by creation time, then by id. Records the ranges in `ranges`. */
function reader(docs: readonly Doc[]) {
  const ranges: Range[] = [];
  const read = (range: Range, count: number): Promise<Doc[]> => {
    ranges.push(range);
    const matches = docs.filter((doc) => {
      if (range === "all") return true;
      if ("older" in range) return doc._creationTime < range.older;
      return doc._creationTime === range.ties.time && doc._id < range.ties.id;
    });
    return Promise.resolve(matches.toSorted(newestFirst).slice(0, count));
  };
  return { read, ranges };
}

const page = (docs: readonly Doc[], limit: number, after?: Position): Promise<Page<Doc>> =>
  readPage({ limit, ...(after && { after }) }, reader(docs).read);

/** Up to 30 documents with at most four different creation times. */
const documents = fc.uniqueArray(
  fc.record({ _id: fc.stringMatching(/^[a-z]{3}$/), _creationTime: fc.integer({ min: 1, max: 4 }) }),
  { selector: ({ _id }) => _id, maxLength: 30 },
);
const limits = fc.integer({ min: 1, max: 7 });

test("pages return each document once, newest first, also with equal creation times", async () => {
  await fc.assert(
    fc.asyncProperty(documents, limits, async (docs, limit) => {
      const seen: Doc[] = [];
      let after: Position | undefined;
      do {
        const { docs: found, next } = await page(docs, limit, after);
        if (next) expect(found).toHaveLength(limit);
        seen.push(...found);
        after = next;
      } while (after);
      expect(seen).toEqual(docs.toSorted(newestFirst));
    }),
  );
});

test("inserts and deletes between pages neither hide nor repeat the other documents", async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.array(documents), limits, async (start, arrivals, limit) => {
      let docs = start.map((doc) => ({ ...doc }));
      const staying = start.filter((_, n) => n % 3 !== 0);
      const seen: string[] = [];
      let after: Position | undefined;
      let turn = 0;
      do {
        const { docs: found, next } = await page(docs, limit, after);
        seen.push(...found.map(({ _id }) => _id));
        after = next;
        // New documents are newer than all others. A third of the old documents is deleted.
        const fresh = (arrivals[turn] ?? []).map(({ _id }) => ({
          _id: `${_id}${turn}`,
          _creationTime: 10 + turn,
        }));
        docs = [
          ...docs.filter((doc) => doc._creationTime >= 10 || staying.some(({ _id }) => _id === doc._id)),
          ...fresh,
        ];
        turn++;
      } while (after);
      expect(new Set(seen).size).toBe(seen.length);
      const stayed = new Set(staying.map(({ _id }) => _id));
      expect(seen.filter((id) => stayed.has(id))).toEqual(
        staying.toSorted(newestFirst).map(({ _id }) => _id),
      );
    }),
  );
});

test("a page reads one index range, or two after a position", async () => {
  const docs = [3, 2, 1].map((time) => ({ _id: `d${time}`, _creationTime: time }));
  const first = reader(docs);
  await readPage({ limit: 2 }, first.read);
  expect(first.ranges).toEqual(["all"]);
  const second = reader(docs);
  await readPage({ limit: 2, after: { time: 3, id: "d3" } }, second.read);
  expect(second.ranges).toEqual([{ ties: { time: 3, id: "d3" } }, { older: 3 }]);
});
