import { expect, test } from "vitest";
import { serve } from "../../../fixtures/serve";

async function withRanks() {
  const { server } = await serve();
  for (const rank of [5, 1, 4, 2, 3])
    await server.run("items:create", { owner: "ada", name: `r${rank}`, rank });
  await server.run("items:create", { owner: "ada", name: "none" });
  await server.run("items:create", { owner: "bob", name: "r3", rank: 3 });
  return server;
}

test("an index returns its rows in order, ascending and descending", async () => {
  const { server } = await serve();
  await server.run("items:createMany", { owner: "ada", names: ["c", "a", "b"] });
  await server.run("items:createMany", { owner: "bob", names: ["x"] });
  expect(await server.run("items:names", { owner: "ada" })).toEqual(["c", "a", "b"]);
  expect(await server.run("items:names", { owner: "ada", order: "desc" })).toEqual(["b", "a", "c"]);
  expect(await server.run("items:names", { owner: "nobody" })).toEqual([]);
});

test("bounds after equalities return the same rows as an equivalent filter", async () => {
  const server = await withRanks();
  expect(await server.run("items:ranked", { owner: "ada", above: 1, upTo: 4, limit: 10 })).toEqual([2, 3, 4]);
  expect(await server.run("items:ranked", { owner: "ada", above: 1, upTo: 4, limit: 2 })).toEqual([2, 3]);
  expect(await server.run("items:ranked", { owner: "ada", above: 1, upTo: 4, limit: 0 })).toEqual([]);
  expect(await server.run("items:ranked", { owner: "ada", above: 4, upTo: 1, limit: 10 })).toEqual([]);
  const filtered = (await server.run("items:filtered", { owner: "ada", above: 1, upTo: 4 })) as number[];
  expect(filtered.toSorted((a, b) => a - b)).toEqual([2, 3, 4]);
});

test.each([
  ["eq", 0, 1, 0],
  ["lt", 0, 0, 1],
  ["lte", 0, 1, 1],
  ["gt", 1, 0, 0],
  ["gte", 1, 1, 0],
])(
  "%s on the id at the end of an index, with a smaller, an equal and a greater id",
  async (comparison, ...counts) => {
    const { server } = await serve();
    const ids = (await server.run("items:createMany", { owner: "ada", names: ["a", "b", "c"] })) as string[];
    for (const id of ids) {
      const others = ["0", id, "zzz"];
      const found = others.map((other) => server.run("items:tiesById", { id, comparison, other }));
      expect(await Promise.all(found)).toEqual(counts);
      // Texts that are not ids sort between ids: one character less, one more.
      const near = [id.slice(0, -1), `${id}0`].map((other) =>
        server.run("items:tiesById", { id, comparison, other }),
      );
      expect(await Promise.all(near)).toEqual([counts[0], counts[2]]);
    }
  },
);

test("a range that the index does not support is refused with Convex's message", async () => {
  const server = await withRanks();
  const mistake = (name: string) => server.run("items:wrongRange", { mistake: name });
  await expect(mistake("order")).rejects.toThrow(
    "Tried to query index items.by_owner_rank but the query didn't use the index fields in order.\n" +
      'Index fields: ["owner", "rank", "_creationTime", "_id"]\nQuery fields: ["rank"]\nFirst incorrect field: rank',
  );
  await expect(mistake("field")).rejects.toThrow(
    'The index range included a comparison with "name", but items.by_owner_rank with fields ["owner", "rank", ' +
      '"_creationTime", "_id"] doesn\'t index this field.',
  );
  await expect(mistake("bounds")).rejects.toThrow("can only be applied to a single index field");
  await expect(mistake("twice")).rejects.toThrow(
    'Already defined lower bound in index range. Can\'t add "owner" >= "b".',
  );
});

test("unique returns null, the only document, or an error", async () => {
  const server = await withRanks();
  expect(await server.run("items:only", { owner: "nobody" })).toBeNull();
  expect(await server.run("items:only", { owner: "bob" })).toMatchObject({ name: "r3" });
  await expect(server.run("items:only", { owner: "ada" })).rejects.toThrow(
    "unique() query returned more than one result from table items",
  );
});

test("count returns the number of documents", async () => {
  const server = await withRanks();
  expect(await server.run("items:count", {})).toBe(7);
});
