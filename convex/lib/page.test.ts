import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  among,
  readPage,
  type Order,
  type Page,
  type PageRequest,
  type Position,
  type Range,
} from "./page.lib";

type Doc = { _id: string; _creationTime: number };

const newestFirst = (a: Doc, b: Doc) => b._creationTime - a._creationTime || (a._id < b._id ? 1 : -1);
const oldestFirst = (a: Doc, b: Doc) => newestFirst(b, a);

/** Reads documents as a Convex index does: by creation time, then by id. Records the ranges in `ranges`. */
function reader(docs: readonly Doc[]) {
  const ranges: Range[] = [];
  const read = (range: Range) => {
    ranges.push(range);
    return among(docs, range);
  };
  return { read, ranges };
}

const page = (docs: readonly Doc[], request: PageRequest): Promise<Page<Doc>> =>
  readPage(request, reader(docs).read);

/** Up to 30 documents with at most four different creation times. */
const documents = fc.uniqueArray(
  fc.record({ _id: fc.stringMatching(/^[a-z]{3}$/), _creationTime: fc.integer({ min: 1, max: 4 }) }),
  { selector: ({ _id }) => _id, maxLength: 30 },
);
const limits = fc.integer({ min: 1, max: 7 });

/** Times of bounds: some have documents, some lie between or outside. */
const bound = fc.option(fc.constantFrom(0, 1, 2, 2.5, 3, 4, 5), { nil: undefined });

test("pages return each document of the range once, in its order, also with equal creation times", async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      limits,
      fc.constantFrom<Order>("asc", "desc"),
      bound,
      bound,
      async (docs, limit, order, from, before) => {
        const seen: Doc[] = [];
        let after: Position | undefined;
        do {
          const { docs: found, next } = await page(docs, {
            limit,
            order,
            ...(after && { after }),
            ...(from !== undefined && { createdAfter: from }),
            ...(before !== undefined && { createdBefore: before }),
          });
          if (next) expect(found).toHaveLength(limit);
          seen.push(...found);
          after = next;
        } while (after);
        const inRange = docs.filter(
          ({ _creationTime: time }) => time >= (from ?? 0) && time < (before ?? Infinity),
        );
        expect(seen).toEqual(inRange.sort(order === "asc" ? oldestFirst : newestFirst));
      },
    ),
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
        const { docs: found, next } = await page(docs, { limit, ...(after && { after }) });
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
  expect(first.ranges).toEqual([{}]);
  const second = reader(docs);
  await readPage({ limit: 2, after: { time: 3, id: "d3" } }, second.read);
  expect(second.ranges).toEqual([{ ties: { time: 3, id: "d3" }, order: "desc" }, { before: 3 }]);
  const third = reader(docs);
  const request = { limit: 2, order: "asc" as const, createdAfter: 1, after: { time: 1, id: "d1" } };
  await readPage(request, third.read);
  expect(third.ranges).toEqual([
    { ties: { time: 1, id: "d1" }, order: "asc" },
    { from: 1, after: 1 },
  ]);
});
