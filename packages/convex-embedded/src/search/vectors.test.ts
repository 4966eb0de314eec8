import { expect, test } from "vitest";
import { randomOf } from "../../fixtures/random";
import { Vectors } from "./vectors";

const EVERYTHING = new Map<number, ReadonlySet<string>>();

test("a search finds the same vectors as a comparison with all of them, after changes too", () => {
  const random = randomOf(7);
  const dimensions = 7;
  const vectors = new Vectors(dimensions);
  const model = new Map<string, { vector: number[]; color: string }>();
  const vector = () => Array.from({ length: dimensions }, () => random() * 2 - 1);
  for (let step = 0; step < 1500; step++) {
    const id = `id${Math.floor(random() * 600)}`;
    if (random() < 0.3) {
      vectors.remove(id);
      model.delete(id);
    } else {
      const entry = { vector: vector(), color: random() < 0.5 ? "red" : "blue" };
      vectors.set(id, entry.vector, [entry.color]);
      model.set(id, entry);
    }
  }
  expect(vectors.size).toBe(model.size);
  for (const filter of [EVERYTHING, new Map([[0, new Set(["red"])]])]) {
    const query = vector();
    const expected = [...model]
      .filter(([, { color }]) => filter.size === 0 || color === "red")
      .map(([id, entry]) => ({ id, score: cosine(query, entry.vector) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 20);
    const found = vectors.search(query, 20, filter);
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]?.score ?? 0, 5);
  }
});

function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test("of equal scores, the greater id is first", () => {
  const vectors = new Vectors(2);
  for (const id of ["b", "d", "a", "c"]) vectors.set(id, [1, 1], []);
  expect(vectors.search([2, 2], 3, EVERYTHING).map(({ id }) => id)).toEqual(["d", "c", "b"]);
});

test("a zero vector has the score 0, and a limit of 0 finds nothing", () => {
  const vectors = new Vectors(2);
  vectors.set("zero", [0, 0], []);
  expect(vectors.search([1, 0], 10, EVERYTHING)).toEqual([{ id: "zero", score: 0 }]);
  expect(vectors.search([1, 0], 0, EVERYTHING)).toEqual([]);
});
